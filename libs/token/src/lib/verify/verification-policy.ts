import type { Clock, TrustedIssuer } from '../types.js';

/** What one service holds every token to. @publicApi */
export interface VerificationPolicy {
  /** The allow-list: a trust registry. */
  readonly trust: { find(iss: string): TrustedIssuer | undefined };
  readonly clock: Clock;
  /** How far clocks may disagree, in seconds. */
  readonly clockTolerance: number;
  /** Longest token read, in bytes. */
  readonly maxTokenBytes: number;
}
