import { parseUserId } from './user-id.js';

const PREFIX = 'u1:';
const MAX_LENGTH = 32;

/**
 * The cursor behind a user. It is opaque to callers and a right to nothing: it says only after whom
 * a page begins, and every page is made of whom the asker may see.
 */
export const cursorAfter = (id: number): string =>
  Buffer.from(`${PREFIX}${id}`).toString('base64url');

/** The user behind whom a cursor stands; `undefined` unless it is one that `cursorAfter` wrote. */
export function parseCursor(cursor: string): number | undefined {
  if (cursor.length > MAX_LENGTH) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const id = text.startsWith(PREFIX) ? parseUserId(text.slice(PREFIX.length)) : undefined;
  // Decoders are lenient: one user has one cursor.
  return id !== undefined && cursorAfter(id) === cursor ? id : undefined;
}
