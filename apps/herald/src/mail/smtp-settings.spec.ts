import { parseSmtpUrl } from './smtp-settings.js';

describe('parseSmtpUrl', () => {
  it.each([
    ['smtps://mail.example', undefined, { port: 465, tls: 'implicit' }],
    ['smtps://mail.example', 'required', { port: 465, tls: 'implicit' }],
    ['smtp://mail.example', undefined, { port: 587, tls: 'starttls' }],
    ['smtp://mail.example:25/', 'required', { port: 25, tls: 'starttls' }],
    ['smtp://mail.example:25', 'none', { port: 25, tls: 'none' }],
    ['smtp://127.0.0.1:4025', undefined, { port: 4025, tls: 'none' }],
    ['smtp://localhost:4025', 'required', { port: 4025, tls: 'starttls' }],
    ['smtp://[::1]:4025', undefined, { host: '::1', tls: 'none' }],
    ['smtp://127.evil.example', undefined, { tls: 'starttls' }],
  ] as const)('protects %s (SMTP_TLS %s) as it says', (url, tls, expected) => {
    expect(parseSmtpUrl(url, tls)).toMatchObject(expected);
  });

  it('reads percent-encoded credentials', () => {
    expect(parseSmtpUrl('smtps://her%40ld:p%3Ass@mail.example').credentials).toEqual({
      user: 'her@ld',
      password: 'p:ss',
    });
  });

  it.each([
    ['', 'is not a URL'],
    ['mail.example:25', 'must begin with'],
    ['https://mail.example', 'must begin with'],
    ['smtp:mail.example', 'names no host'],
    ['smtps://mail.example/?tls.rejectUnauthorized=false', 'takes no path, query'],
    ['smtps://mail.example/inbox', 'takes no path'],
    ['smtps://%zz:x@mail.example', 'not percent-encoded'],
  ])('refuses %j', (url, message) => {
    expect(() => parseSmtpUrl(url)).toThrow(message);
  });

  it('refuses a contradiction, and credentials in the clear, without quoting them', () => {
    expect(() => parseSmtpUrl('smtps://mail.example', 'none')).toThrow('contradicts');
    const leak = () => parseSmtpUrl('smtp://herald:hunter2@mail.example', 'none');
    expect(leak).toThrow('credentials in the clear are refused');
    expect(leak).not.toThrow('hunter2');
  });
});
