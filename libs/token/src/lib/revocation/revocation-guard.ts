/**
 * Where revocation meets verification: asked after every signature that held, and for every key
 * before it is used.
 */
import { AccessError } from '../errors.js';
import { refuse } from '../refuse.js';
import type { KeyStore, RevocationCheck, VerificationKey, VerifiedToken } from '../types.js';
import type { RevocationSet } from './revocation-set.js';

/** What a guard does without current knowledge. @publicApi */
export interface StalePolicy {
  /** Seconds that knowledge may be old. */
  readonly maxStale: number;
  /** What then, and before the first answer: believe a token, or answer 503. */
  readonly onStale: 'accept' | 'refuse';
}

/**
 * The check that a token is not revoked, as far as `set` knows.
 *
 * `check` throws TOKEN_REVOKED, however old the knowledge is: what is revoked stays so. When it is
 * older than `maxStale` and the policy says `refuse`, it throws REVOCATION_UNAVAILABLE (503).
 * @internal
 */
export function revocationCheck(
  set: RevocationSet,
  age: () => number,
  { maxStale, onStale }: StalePolicy,
): RevocationCheck {
  return Object.freeze<RevocationCheck>({
    check: (token) => {
      const by = set.revokedBy(token);
      if (by !== undefined) refuseRevoked(by, token);
      // Asked this way round, an age that is no number is too old.
      if (onStale === 'refuse' && !(age() <= maxStale)) throw unavailable(token, maxStale, age());
    },
  });
}

/**
 * A key store in which revoked keys are gone at once, whatever its source publishes or serves on
 * while that cannot be read; `find` throws TOKEN_REVOKED for them.
 * @internal
 */
export function withoutRevokedKeys(store: KeyStore, set: RevocationSet): KeyStore {
  const refuseKey = (kid: string | undefined): void => {
    if (set.hasKey(kid))
      refuse('TOKEN_REVOKED', {
        check: 'revocation',
        expected: 'a key that holds',
        got: kid ?? '',
      });
  };
  // The key that is found counts, too: a token for an only key may leave its kid out.
  const checked = (key: VerificationKey): VerificationKey => {
    refuseKey(key.kid);
    return key;
  };
  return Object.freeze<KeyStore>({
    find: (query) => {
      refuseKey(query.kid);
      const found = store.find(query);
      return 'then' in found ? found.then(checked) : checked(found);
    },
  });
}

function refuseRevoked(by: string, { issuer, claims, kid }: VerifiedToken): never {
  const named = { token: claims['jti'], client: claims['client_id'], subject: claims['sub'] };
  refuse('TOKEN_REVOKED', {
    check: 'revocation',
    issuer: issuer.name,
    expected: `no revocation of this ${by}`,
    got: String(by === 'key' ? kid : named[by as keyof typeof named]),
    fix: 'ask for a new token, if the revocation was not meant to last',
  });
}

function unavailable({ issuer }: VerifiedToken, maxStale: number, age: number): AccessError {
  return new AccessError('REVOCATION_UNAVAILABLE', {
    retryAfter: 2,
    detail: {
      check: 'revocation',
      issuer: issuer.name,
      expected: `a revocation feed heard of within ${maxStale} s`,
      got: Number.isFinite(age) ? `${Math.floor(age)} s ago` : 'never',
      fix: "make the feed readable from here, or choose onStale: 'accept'",
    },
  });
}
