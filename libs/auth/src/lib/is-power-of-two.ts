/**
 * Whether this is the 1st, 2nd, 4th, 8th ... time: often enough to log what may never end.
 * @internal
 */
export function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
