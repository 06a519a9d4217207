/** Milliseconds before try `failures + 1`: doubling from 250 up to 5,000, each with its jitter. */
export function retryDelay(failures: number): number {
  return Math.min(250 * 2 ** (failures - 1), 5_000) * (0.5 + Math.random() / 2);
}
