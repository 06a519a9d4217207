import type { TrustedIssuer, VerifiedToken } from '@countersign/token';

/** People who log in at this server: one more trusted issuer, whose logins can end at any time. */
export interface OwnPeople {
  /** The exact `iss` of their access tokens. */
  readonly issuer: string;
  /** Prefixes of people who may log in. */
  readonly subjects: readonly string[];
  /** Accepts access tokens only: no ID token and no refresh token is one. */
  readonly party: TrustedIssuer;
  /** Rejects with AccessError for a token whose login has ended, and as the database does. */
  refuseEnded(verified: VerifiedToken): Promise<void>;
}

/** Provider token of `OwnPeople`; undefined where nobody logs in. */
export const OWN_PEOPLE = Symbol('auth-server:own-people');
