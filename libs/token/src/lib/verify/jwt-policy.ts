import type { DecryptionKeys } from '../encryption/decryption-keys.js';
import type { Trace } from '../trace.js';
import type { Clock, JsonObject, TrustedIssuer } from '../types.js';
import type { SkewWatch } from './skew-watch.js';

/** What one endpoint holds every JWT to, however it came. @publicApi */
export interface JwtPolicy {
  /**
   * Whose JWT this claims to be, judged by what nobody has verified yet: `undefined` if nobody is
   * trusted with it. May throw an AccessError of its own.
   */
  issuerOf(
    claims: JsonObject,
    header: JsonObject,
  ): TrustedIssuer | undefined | Promise<TrustedIssuer | undefined>;
  readonly clock: Clock;
  /** How far clocks may disagree, in seconds. */
  readonly clockTolerance: number;
  /** Longest token read, in bytes. */
  readonly maxTokenBytes: number;
  /** What opens encrypted tokens; without it they are refused as malformed. */
  readonly decryption?: DecryptionKeys | undefined;
  /** Told when tokens whose signature holds were made. */
  readonly skew?: SkewWatch | undefined;
  /** Told of each check that passes: one for each token. */
  readonly trace?: Trace | undefined;
}
