import { AccessError } from '../errors.js';
import type { Algorithm, ParsedToken, TrustedIssuer } from '../types.js';
import type { JwtPolicy } from './jwt-policy.js';
import { verifySignature } from './verify-signature.js';

/**
 * Looks whether a token that was refused as not valid yet is really of its issuer, so that anybody's
 * text cannot pass for a clock that is wrong. Waits for no key, and changes nothing about the refusal.
 * @internal
 */
export function observeSkew(
  refusal: unknown,
  parsed: ParsedToken,
  algorithm: Algorithm,
  issuer: TrustedIssuer,
  { skew, clock }: Pick<JwtPolicy, 'skew' | 'clock'>,
): void {
  const isEarly = refusal instanceof AccessError && refusal.code === 'TOKEN_NOT_YET_VALID';
  const { iat } = parsed.claims;
  if (!isEarly || typeof iat !== 'number' || skew?.isCurious(issuer) !== true) return;
  try {
    const issuedAt = Math.min(iat, clock.now());
    const kid = parsed.header['kid'] as string | undefined;
    const key = issuer.keys.find({ kid, algorithm, issuedAt });
    if ('then' in key) key.catch(ignore);
    else if (key.algorithm === algorithm && verifySignature(parsed, key)) skew.observe(issuer, iat);
  } catch (error) {
    // Who signed it is not known here: then nothing is known of its clock.
    if (!(error instanceof AccessError)) throw error;
  }
}

/** The store tells whoever asks next what came of it. */
function ignore(): void {}
