import { cursorAfter, parseCursor } from './list-cursor.js';

const written = (text: string): string => Buffer.from(text).toString('base64url');

describe('parseCursor', () => {
  it.each([1, 42, Number.MAX_SAFE_INTEGER])('reads what was written after %d', (id) => {
    expect(parseCursor(cursorAfter(id))).toBe(id);
  });

  it.each([
    ['nothing', ''],
    ['a number', '42'],
    ['no number', written('u1:')],
    ['zero', written('u1:0')],
    ['a negative number', written('u1:-1')],
    ['a leading zero', written('u1:042')],
    ['a number beyond 2^53', written('u1:9007199254740992')],
    ['SQL', written("u1:1' OR 1=1")],
    ['another version', written('u2:42')],
    ['padding', `${written('u1:1')}==`],
    ['another alphabet', written('u1:42').replace(/.$/, '+')],
    ['a bit that is not used', `${cursorAfter(1234).slice(0, -1)}1`],
    ['a blank', ` ${cursorAfter(42)}`],
    ['a megabyte', 'A'.repeat(1_000_000)],
  ])('refuses %s', (_, cursor) => {
    expect(parseCursor(cursor)).toBeUndefined();
  });
});
