/**
 * How long is waited between attempts; both in the same unit, which is that of the answer.
 * @publicApi
 */
export interface RetryPauses {
  /** Before the second attempt. */
  readonly first: number;
  /** Between two attempts, at most. */
  readonly longest: number;
}

/**
 * The pause before the next attempt: doubled each time up to the longest, then a random half of it
 * taken off, so that a crowd that failed together does not come back together.
 *
 * @param attempts How many attempts have failed, from 1.
 * @param random A number in [0, 1).
 * @publicApi
 */
export function retryDelay(
  attempts: number,
  { first, longest }: RetryPauses,
  random = Math.random(),
): number {
  const full = Math.min(longest, first * 2 ** (attempts - 1));
  return full * (1 - random / 2);
}
