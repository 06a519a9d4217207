import { parseUserId } from './user-id.js';

describe('parseUserId', () => {
  it.each([
    ['1', 1],
    ['42', 42],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, id) => {
    expect(parseUserId(text)).toBe(id);
  });

  it.each([
    '',
    '0',
    '-1',
    '+1',
    '042',
    '1e3',
    '1.0',
    ' 1',
    '1\n',
    '0x2a',
    '42;drop',
    '4%32',
    '٤٢',
    '🙂',
    '9007199254740992',
    '9'.repeat(10_000),
  ])('refuses %j', (text) => {
    expect(parseUserId(text)).toBeUndefined();
  });
});
