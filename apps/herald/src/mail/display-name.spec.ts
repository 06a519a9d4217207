import { displayName } from './display-name.js';

describe('displayName', () => {
  it.each([
    ['a plain name', 'Ada Lovelace', 'Ada Lovelace'],
    ['blanks around and inside', '  Ada \t  Lovelace ', 'Ada Lovelace'],
    ['line breaks', 'Ada\r\nBcc: eve@evil.example', 'Ada Bcc: eve@evil.example'],
    ['a right-to-left override', 'Ada \u202Egnp.exe', 'Ada gnp.exe'],
    ['isolates and marks', '\u2066Ada\u2069\u200E\u061C', 'Ada'],
    ['NUL and escape sequences', 'A\0d\u001b[31ma', 'Ad[31ma'],
    ['line and paragraph separators', 'Ada\u2028\u2029Lovelace', 'Ada Lovelace'],
    ['zero-width blanks and byte order marks', '\ufeffA\u200bda', 'Ada'],
    ['half a character', 'Ada \ud83d', 'Ada'],
    ['only invisible characters', '\u202e\u0000\u200b', ''],
    ['joiners that belong to the writing', 'می\u200cخواهم', 'می\u200cخواهم'],
  ])('cleans %s', (_, name, clean) => {
    expect(displayName(name)).toBe(clean);
  });

  it('cuts a long name at 80 code points, never inside one', () => {
    const clean = displayName('🙂'.repeat(1_000));
    expect([...clean]).toHaveLength(80);
    expect(clean.endsWith('🙂…')).toBe(true);
  });

  it('reads no more of a megabyte than it keeps', () => {
    const before = process.cpuUsage();
    displayName(`${' '.repeat(1_000_000)}x`);
    expect(process.cpuUsage(before).user).toBeLessThan(50_000);
  });
});
