import { keyedRequest, parseIdempotencyKey } from './idempotency-key.js';

describe('parseIdempotencyKey', () => {
  it.each([
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e"', '8e03978e'],
    ['"with blanks, and commas"', 'with blanks, and commas'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('reads %.40j', (field, key) => {
    expect(parseIdempotencyKey(field)).toBe(key);
  });

  it.each([
    '',
    '""',
    ' ',
    'a b',
    'a, b',
    '"a", "b"',
    '"a',
    '"a\\"b"',
    'a\u0000',
    'a\n',
    'schlüssel',
    '🙂',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    'x'.repeat(100_000),
  ])('refuses %.40j', (field) => {
    expect(parseIdempotencyKey(field)).toBeUndefined();
  });
});

describe('keyedRequest', () => {
  const ada = {
    caller: { kind: 'service', issuer: 'https://auth.example', id: 'web', name: undefined },
    subject: {
      kind: 'user',
      issuer: 'https://auth.example',
      uri: 'https://census.example/user/1/',
    },
  } as const;
  const request = { user: 'https://census.example/user/2/', type: 'welcome-message' } as const;
  const first = keyedRequest('key', ada, request);

  it('is the same for the same', () => {
    expect(keyedRequest('key', ada, { ...request })).toEqual(first);
  });

  it.each([
    ['key', 'other', ada],
    ['caller', 'key', { ...ada, caller: { ...ada.caller, id: 'app' } }],
    ['issuer', 'key', { ...ada, caller: { ...ada.caller, issuer: 'https://other.example' } }],
    [
      'subject',
      'key',
      { ...ada, subject: { ...ada.subject, uri: 'https://census.example/user/3/' } },
    ],
  ])('tells apart another %s', (_, key, asker) => {
    const other = keyedRequest(key, asker, request);
    expect(other.digest).not.toBe(first.digest);
    expect(other.fingerprint).toBe(first.fingerprint);
  });

  it('tells apart another body', () => {
    const other = keyedRequest('key', ada, { ...request, type: 'farewell-message' });
    expect(other.digest).toBe(first.digest);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });
});
