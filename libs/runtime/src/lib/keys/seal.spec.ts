import { seal, unseal } from './seal.js';

const key = Buffer.alloc(32, 1);

describe('seal', () => {
  const sealed = seal(key, 'kid-1', 'a secret');

  it('opens with the same key and name', () => {
    expect(unseal(key, 'kid-1', sealed)).toBe('a secret');
  });

  it('never seals the same text to the same bytes', () => {
    expect(seal(key, 'kid-1', 'a secret')).not.toBe(sealed);
  });

  it.each([
    ['another key', Buffer.alloc(32, 2), 'kid-1', sealed],
    ['another name', key, 'kid-2', sealed],
    ['a changed text', key, 'kid-1', flip(sealed, 2)],
    ['a changed tag', key, 'kid-1', flip(sealed, 3)],
    ['a short tag', key, 'kid-1', sealed.slice(0, -8)],
    ['an unknown version', key, 'kid-1', sealed.replace('v1', 'v2')],
    ['no sealed text', key, 'kid-1', 'v1.a'],
  ])('does not open %s', (_what, withKey, name, text) => {
    expect(() => unseal(withKey, name, text)).toThrow();
  });
});

function flip(sealed: string, part: number): string {
  const parts = sealed.split('.');
  const bytes = Buffer.from(parts[part]!, 'base64url');
  bytes[0]! ^= 1;
  return parts.with(part, bytes.toString('base64url')).join('.');
}
