import { isPlainAddress } from './plain-address.js';

describe('isPlainAddress', () => {
  it.each([
    'ada@example.com',
    'ada.lovelace+welcome@mail.example.co.uk',
    "o'brien@example.com",
    'a@xn--bcher-kva.example',
    `${'a'.repeat(64)}@example.com`,
  ])('accepts %s', (address) => {
    expect(isPlainAddress(address)).toBe(true);
  });

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@localhost',
    'ada@[127.0.0.1]',
    'ada@@example.com',
    'ada@example..com',
    '.ada@example.com',
    'ada.@example.com',
    'a..b@example.com',
    'ada@-example.com',
    'ada@example-.com',
    'ada@example.com.',
    'ada@example.com\r\nBcc: eve@evil.example',
    'ada@example.com\n',
    'ada@example.com, eve@evil.example',
    'ada@example.com;eve@evil.example',
    'ada@example.com eve@evil.example',
    'Ada <ada@example.com>',
    '<ada@example.com>',
    'friends: ada@example.com;',
    '"a@evil.example x"@example.com',
    '"ada"@example.com',
    'ada(comment)@example.com',
    'ada@example.com(comment)',
    'ada\0@example.com',
    'ådå@example.com',
    'ada@exämple.com',
    'ada@example.com\u200b',
    '('.repeat(5_000),
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a.'.repeat(130)}com`,
    `ada@${'a'.repeat(64)}.com`,
  ])('refuses %j', (address) => {
    expect(isPlainAddress(address)).toBe(false);
  });
});
