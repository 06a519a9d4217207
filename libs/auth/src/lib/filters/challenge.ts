import { dpopAlgorithms, isScopeToken, type AccessError } from '@countersign/token';

const algorithms = `algs="${dpopAlgorithms.join(' ')}"`;

/** Who challenges, and with what. @internal */
export interface Challenger {
  readonly realm: string;
  readonly acceptsDpop: boolean;
  /** URL of the metadata that tell how to get a token (RFC 9728 section 5.1). */
  readonly metadata?: string | undefined;
}

/**
 * The `WWW-Authenticate` value of a refusal, or `undefined` where the contract has none: a challenge
 * to `Bearer` (RFC 6750 section 3), and beside it one to `DPoP` (RFC 9449 section 7.1) where proofs
 * are checked. Of what is wrong with a proof only that one tells, and stands alone: clients look for it
 * there. Without credentials it names only the realm, and where metadata are; every text in it is fixed or from the rule.
 * @internal
 */
export function challengeOf(
  error: AccessError,
  { realm, acceptsDpop, metadata }: Challenger,
): string | undefined {
  if (error.status === 503 || (error.status !== 401 && !error.error)) return undefined;
  const parameters = [`realm="${realm}"`];
  if (error.error)
    parameters.push(`error="${error.error}"`, `error_description="${error.message}"`);
  if (metadata !== undefined) parameters.push(`resource_metadata="${metadata}"`);
  const scope = error.code === 'SCOPE_MISSING' ? requiredScopes(error.detail.expected) : '';
  if (scope) parameters.push(`scope="${scope}"`);
  const bearer = `Bearer ${parameters.join(', ')}`;
  if (!acceptsDpop) return bearer;
  const dpop = `DPoP ${[...parameters, algorithms].join(', ')}`;
  return isAboutProof(error) ? dpop : `${bearer}, ${dpop}`;
}

function isAboutProof({ error }: AccessError): boolean {
  return error === 'invalid_dpop_proof' || error === 'use_dpop_nonce';
}

function requiredScopes(expected: unknown): string {
  return Array.isArray(expected) ? expected.filter(isScopeToken).join(' ') : '';
}
