const CANONICAL = /^[1-9][0-9]{0,15}$/;

/**
 * Reads a user's number as it stands in a path: canonical decimal from 1 to 2^53 - 1.
 *
 * Answers `undefined` for every other spelling (sign, leading zero, exponent, blank, other digits),
 * so that one user has one path.
 */
export function parseUserId(text: string): number | undefined {
  if (!CANONICAL.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}
