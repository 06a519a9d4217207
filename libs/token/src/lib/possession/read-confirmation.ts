import { refuse } from '../refuse.js';
import type { Json, VerifiedToken } from '../types.js';

/** To what a token is bound: a key, a certificate, or both. @internal */
export interface Confirmation {
  /** Thumbprint of a key (RFC 9449 section 6.1). */
  readonly jkt: string | undefined;
  /** Thumbprint of a certificate (RFC 8705 section 3.1). */
  readonly certificate: string | undefined;
}

const thumbprint = /^[\w-]{43}$/;

/**
 * Reads the `cnf` claim (RFC 7800 section 3.1); undefined for a token without one.
 *
 * Other members beside `jkt` and `x5t#S256` are left out, as the RFC wants it; refused with
 * CLAIM_INVALID is a claim with none of the two, because it is bound to what nobody here can check,
 * and one in which they are not base64url of a SHA-256.
 * @internal
 */
export function readConfirmation({ claims, issuer }: VerifiedToken): Confirmation | undefined {
  const cnf = Object.hasOwn(claims, 'cnf') ? claims['cnf'] : undefined;
  if (cnf === undefined) return undefined;
  const members = membersOf(cnf);
  const { jkt, 'x5t#S256': certificate } = members;
  const given = [jkt, certificate].filter((member) => member !== undefined);
  if (given.length > 0 && given.every(isThumbprint)) return { jkt, certificate } as Confirmation;
  return refuse('CLAIM_INVALID', {
    check: 'cnf',
    issuer: issuer.name,
    expected: 'cnf with jkt or x5t#S256, each base64url of a SHA-256',
    got: Object.keys(members),
  });
}

function membersOf(cnf: Json): Readonly<Record<string, Json | undefined>> {
  const isObject = typeof cnf === 'object' && cnf !== null && !Array.isArray(cnf);
  return isObject ? (cnf as Readonly<Record<string, Json | undefined>>) : {};
}

function isThumbprint(member: Json | undefined): boolean {
  return typeof member === 'string' && thumbprint.test(member);
}
