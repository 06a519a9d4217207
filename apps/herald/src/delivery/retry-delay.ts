/** How delivery is tried again. */
export interface RetrySettings {
  /** Seconds before the second attempt. */
  readonly retrySeconds: number;
  /** Longest pause between two attempts, in seconds. */
  readonly retryMaxSeconds: number;
}

/**
 * Seconds until the next attempt: doubled each time up to the longest pause, then a random half of
 * it taken off, so that a crowd that failed together does not come back together.
 *
 * @param attempts How many attempts have been made, from 1.
 * @param random A number in [0, 1).
 */
export function retryDelay(
  attempts: number,
  { retrySeconds, retryMaxSeconds }: RetrySettings,
  random = Math.random(),
): number {
  const full = Math.min(retryMaxSeconds, retrySeconds * 2 ** (attempts - 1));
  return full * (1 - random / 2);
}
