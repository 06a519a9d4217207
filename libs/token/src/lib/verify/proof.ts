import type { VerificationKey, VerifiedToken } from '../types.js';
import type { TokenTimes } from './read-times.js';

/** A verified token, and what has to hold still when it is presented again. @internal */
export interface Proof {
  readonly verified: VerifiedToken;
  /** The very key under which the signature held. */
  readonly key: VerificationKey;
  /** The `kid` that the token names; an only key may have one that it leaves out. */
  readonly kid: string | undefined;
  readonly times: TokenTimes;
}
