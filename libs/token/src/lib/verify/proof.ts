import type { VerificationKey, VerifiedToken } from '../types.js';
import type { TokenTimes } from './read-times.js';

interface Proven {
  readonly verified: VerifiedToken;
  readonly times: TokenTimes;
}

/** A signature held. @internal */
export interface SignatureProof extends Proven {
  readonly by: 'signature';
  /** The very key under which the signature held. */
  readonly key: VerificationKey;
  /** The `kid` that the token names; an only key may have one that it leaves out. */
  readonly kid: string | undefined;
}

/** Its server said so. @internal */
export interface AnswerProof extends Proven {
  readonly by: 'answer';
  /** Monotonic clock, milliseconds: how long the answer may be used. */
  readonly until: number;
}

/** A verified token, and what has to hold still when it is presented again. @internal */
export type Proof = SignatureProof | AnswerProof;
