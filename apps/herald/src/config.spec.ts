import { ConfigError } from '@countersign/runtime';

import { loadConfig } from './config.js';

describe("Herald's configuration", () => {
  it('runs alone without any variable', () => {
    expect(loadConfig({})).toMatchObject({
      PUBLIC_URL: 'http://127.0.0.1:4001/',
      SMTP: { host: '127.0.0.1', port: 4025, tls: 'none' },
      MAIL_FROM: { name: 'Herald', address: 'herald@example.test' },
    });
  });

  it('reads a sender without a name', () => {
    expect(loadConfig({ MAIL_FROM: 'no-reply@example.com' }).MAIL_FROM).toEqual({
      name: '',
      address: 'no-reply@example.com',
    });
  });

  it.each([
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'Herald <a@example.com>, Eve <e@example.com>'],
    ['MAIL_FROM', 'Herald <a@example.com>\r\nBcc: <e@example.com>'],
    ['MAIL_FROM', '"Herald" <a@example.com>'],
    ['SMTP_URL', 'smtps://mail.example/?tls.rejectUnauthorized=false'],
    ['SMTP_URL', 'https://mail.example'],
    ['SMTP_TLS', 'off'],
    ['CENSUS_URL', 'http://census.example/'],
    ['CENSUS_URL', 'https://census.example'],
    ['AUTH_SERVER_URL', 'https://auth.example/'],
    ['DELIVERY_RETRY_SECONDS', '-1'],
    ['DELIVERY_RETRY_SECONDS', 'soon'],
    ['DELIVERY_GIVE_UP_HOURS', '0'],
    ['PORT', '70000'],
  ])('refuses %s=%j, naming it', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => loadConfig({ [name]: value })).toThrow(name);
  });

  it('never quotes the password of the relay', () => {
    const load = () => loadConfig({ SMTP_URL: 'smtp://me:hunter2@mail.example', SMTP_TLS: 'none' });
    expect(load).toThrow('SMTP_URL: credentials in the clear are refused');
    expect(load).not.toThrow('hunter2');
  });
});
