import { createHash } from 'node:crypto';

import { Registry } from '../../registry/registry.js';
import { parseForm } from '../parse-form.js';
import { authenticateClient } from './authenticate-client.js';
import { basicCredentials } from './basic-credentials.js';
import { presentedCredentials } from './presented-credentials.js';

const basic = (text: string) => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;

describe('basicCredentials', () => {
  it.each([
    ['plain', basic('demo:secret'), 'demo', 'secret'],
    [
      'another case of the scheme',
      basic('demo:secret').replace('Basic', 'bAsIc'),
      'demo',
      'secret',
    ],
    ['a colon in the secret', basic('demo:a:b'), 'demo', 'a:b'],
    ['form-urlencoded parts', basic('a%3Ab:p%2Bw+d%25'), 'a:b', 'p+w d%'],
  ])('reads %s', (_what, header, id, secret) => {
    expect(basicCredentials(header)).toEqual({ id, secret });
  });

  it.each([
    ['another scheme', 'Bearer abc'],
    ['no credentials', 'Basic'],
    ['only blanks', 'Basic  '],
    ['what is not base64', 'Basic ä'],
    ['base64url', `Basic ${Buffer.from('demo:>>>???').toString('base64url')}`],
    ['missing padding', basic('demo:secret').replace(/=+$/, '')],
    ['stray bits', 'Basic ZGVtbzpzZWNyZXR='],
    ['two credentials', `${basic('a:b')}, ${basic('c:d')}`],
    ['no colon', basic('demo')],
    ['no id', basic(':secret')],
    ['no secret', basic('demo:')],
    ['a broken escape', basic('demo:100%')],
    ['an unescaped byte above ASCII', basic('demo:ü')],
    ['an escaped NUL', basic('demo:a%00')],
  ])('refuses %s', (_what, header) => {
    expect(basicCredentials(header)).toBeUndefined();
  });
});

const form = (text = '') => parseForm(Buffer.from(text));

describe('presentedCredentials', () => {
  const header = basic('demo:secret');

  it('takes them from the header or the body', () => {
    const credentials = { id: 'demo', secret: 'secret' };
    expect(presentedCredentials([header], form('client_id=demo'))).toEqual({
      ...credentials,
      method: 'client_secret_basic',
    });
    expect(presentedCredentials([], form('client_id=demo&client_secret=secret'))).toEqual({
      ...credentials,
      method: 'client_secret_post',
    });
  });

  it.each([
    ['two headers', [header, header], '', 'invalid_request'],
    ['header and body', [header], 'client_id=demo&client_secret=secret', 'invalid_request'],
    ['a header and an assertion', [header], 'client_assertion=a.b.c', 'invalid_request'],
    ['another id in the body', [header], 'client_id=other', 'invalid_request'],
    ['a malformed header', ['Basic !'], '', 'invalid_client'],
    ['a Bearer token', ['Bearer abc'], 'client_id=demo&client_secret=secret', 'invalid_request'],
    ['none', [], '', 'invalid_client'],
    ['an id alone', [], 'client_id=demo', 'invalid_client'],
    ['a secret alone', [], 'client_secret=secret', 'invalid_client'],
    ['an assertion', [], 'client_id=demo&client_assertion=a.b.c', 'invalid_client'],
  ])('refuses %s', (_what, headers, body, code) => {
    expect(() => presentedCredentials(headers, form(body))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('authenticateClient', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');
  const registry = Registry.from({
    services: [],
    clients: [{ id: 'demo' }, { id: 'bare' }],
    secrets: [
      { client: 'demo', sha256: sha256('old'), expiresAt: new Date(1_000_000) },
      { client: 'demo', sha256: sha256('new'), expiresAt: null },
    ],
    grants: [],
  });
  const authenticate = (id: string, secret: string, now = 500) =>
    authenticateClient({ id, secret, method: 'client_secret_post' }, registry, now);

  it('accepts each live secret of a client', () => {
    expect(authenticate('demo', 'old').id).toBe('demo');
    expect(authenticate('demo', 'new').id).toBe('demo');
  });

  it.each([
    ['a wrong secret', 'demo', 'wrong', 500],
    ['an expired secret, at its second', 'demo', 'old', 1_000],
    ['an unknown client', 'nobody', 'new', 500],
    ['another case', 'Demo', 'new', 500],
    ['a member of every object', '__proto__', 'new', 500],
    ['a client without secrets', 'bare', '', 500],
    ['the digest instead of the secret', 'demo', sha256('new'), 500],
  ])('refuses %s, with the same public text', (_what, id, secret, now) => {
    expect(() => authenticate(id, secret, now)).toThrow(
      expect.objectContaining({
        code: 'invalid_client',
        status: 401,
        description: 'The client is unknown or its credentials are wrong',
      }),
    );
  });

  it.each([
    ['a client that exists', 'demo', 'demo'],
    ['a misspelt client', 'dmeo', 'dmeo'],
    ['a secret in place of the id', 'n'.repeat(43), `${'n'.repeat(16)}…`],
    ['an address in place of the id', 'ann@example.test', undefined],
    ['characters that turn a line around', 'a\u202eb', undefined],
  ])('keeps for the log, of %s, no more than it may', (_what, id, client) => {
    const refused = expect.objectContaining({ code: 'invalid_client', client });
    expect(() => authenticate(id, 'wrong')).toThrow(refused);
    const alone = form(`client_id=${encodeURIComponent(id)}`);
    expect(() => presentedCredentials([], alone)).toThrow(refused);
  });
});
