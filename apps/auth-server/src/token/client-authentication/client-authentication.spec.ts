import { Registry } from '../../registry/registry.js';
import { digestOf, generateSecret, isWellFormedSecret } from '../../registry/secret.js';
import { parseForm } from '../parse-form.js';
import { basicCredentials } from './basic-credentials.js';
import { matchingSecret } from './matching-secret.js';
import { assertionType, presentedCredentials } from './presented-credentials.js';

const sha256 = (text: string) => digestOf(text).toString('base64url');
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
const key = generateSecret('demo').secret;
const clientOf = (text: string) => isWellFormedSecret(text)?.client;
const present = (fields: Partial<Record<'authorization' | 'apiKey', string[]>>, body = '') =>
  presentedCredentials(
    {
      authorization: [],
      apiKey: [],
      ...fields,
      form: form(body),
      certificate: () => undefined,
    },
    clientOf,
  );

describe('presentedCredentials', () => {
  const header = basic('demo:secret');
  const typed = `client_assertion_type=${encodeURIComponent(assertionType)}`;

  it('takes them from wherever they may stand', () => {
    const credentials = { id: 'demo', secret: 'secret' };
    expect(present({ authorization: [header] }, 'client_id=demo')).toEqual({
      ...credentials,
      method: 'client_secret_basic',
    });
    expect(present({}, 'client_id=demo&client_secret=secret')).toEqual({
      ...credentials,
      method: 'client_secret_post',
    });
    expect(present({ apiKey: [key] })).toEqual({ method: 'api_key', id: 'demo', secret: key });
    expect(present({}, `client_assertion=a.b.c&${typed}`)).toEqual({
      method: 'assertion',
      id: undefined,
      assertion: 'a.b.c',
    });
  });

  it.each<[string, Parameters<typeof present>[0], string, string]>([
    ['two headers', { authorization: [header, header] }, '', 'invalid_request'],
    ['two API keys', { apiKey: [key, key] }, '', 'invalid_request'],
    ['a header and an API key', { authorization: [header], apiKey: [key] }, '', 'invalid_request'],
    ['a header and a secret', { authorization: [header] }, 'client_secret=s', 'invalid_request'],
    [
      'a header and an assertion',
      { authorization: [header] },
      'client_assertion=a',
      'invalid_request',
    ],
    ['an API key and a secret', { apiKey: [key] }, 'client_secret=secret', 'invalid_request'],
    ['an API key and an assertion', { apiKey: [key] }, 'client_assertion=a.b.c', 'invalid_request'],
    ['a secret and an assertion', {}, 'client_secret=s&client_assertion=a.b.c', 'invalid_request'],
    ['another id beside a header', { authorization: [header] }, 'client_id=o', 'invalid_request'],
    ['another id beside an API key', { apiKey: [key] }, 'client_id=other', 'invalid_request'],
    ['a malformed header', { authorization: ['Basic !'] }, '', 'invalid_client'],
    ['a Bearer token', { authorization: ['Bearer abc'] }, '', 'invalid_client'],
    ['an empty API key', { apiKey: [''] }, '', 'invalid_client'],
    ['an API key of another form', { apiKey: ['demo:secret'] }, '', 'invalid_client'],
    ['an API key with a slip', { apiKey: [`${key.slice(0, -1)}!`] }, '', 'invalid_client'],
    ['a cut API key', { apiKey: [key.slice(0, -1)] }, '', 'invalid_client'],
    ['API keys joined by a comma', { apiKey: [`${key}, ${key}`] }, '', 'invalid_client'],
    ['none', {}, '', 'invalid_client'],
    ['an id alone', {}, 'client_id=demo', 'invalid_client'],
    ['a secret alone', {}, 'client_secret=secret', 'invalid_client'],
    ['an assertion without its type', {}, 'client_assertion=a.b.c', 'invalid_client'],
    [
      'an assertion of another type',
      {},
      'client_assertion=a&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
      'invalid_client',
    ],
    ['a type without an assertion', {}, typed, 'invalid_client'],
  ])('refuses %s', (_what, fields, body, code) => {
    expect(() => present(fields, body)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['a misspelt client', 'dmeo', 'dmeo'],
    ['a secret in place of the id', 'n'.repeat(43), `${'n'.repeat(16)}…`],
    ['an address in place of the id', 'ann@example.test', undefined],
    ['characters that turn a line around', 'a\u202eb', undefined],
  ])('keeps for the log, of %s, no more than it may', (_what, id, client) => {
    expect(() => present({}, `client_id=${encodeURIComponent(id)}`)).toThrow(
      expect.objectContaining({ code: 'invalid_client', client }),
    );
  });
});

describe('matchingSecret', () => {
  const registry = Registry.from({
    services: [],
    clients: [{ id: 'demo' }, { id: 'bare' }],
    secrets: [
      { client: 'demo', id: 'one', sha256: sha256('old'), expiresAt: new Date(1_000_000) },
      { client: 'demo', id: 'two', sha256: sha256('new'), expiresAt: null },
    ],
  });
  const match = (id: string, secret: string, now = 500) =>
    matchingSecret(registry.find(id), digestOf(secret), now);

  it('finds each live secret of a client, and says which one it was', () => {
    expect(match('demo', 'old')).toEqual({ id: 'one', isLive: true });
    expect(match('demo', 'new')).toEqual({ id: 'two', isLive: true });
  });

  it('knows an expired secret from its second on', () => {
    expect(match('demo', 'old', 1_000)).toEqual({ id: 'one', isLive: false });
  });

  it.each([
    ['a wrong secret', 'demo', 'wrong'],
    ['an unknown client', 'nobody', 'new'],
    ['another case', 'Demo', 'new'],
    ['a member of every object', '__proto__', 'new'],
    ['a client without secrets', 'bare', ''],
    ['the digest instead of the secret', 'demo', sha256('new')],
  ])('finds nothing for %s', (_what, id, secret) => {
    expect(match(id, secret)).toBeUndefined();
  });

  // Digests of different lengths cannot be compared: whoever tries throws.
  it.each([
    ['a wrong secret', 'demo'],
    ['an unknown client', 'nobody'],
    ['a client without secrets', 'bare'],
  ])('compares digests for %s, too: the time says nothing', (_what, id) => {
    expect(() => matchingSecret(registry.find(id), Buffer.alloc(31), 500)).toThrow(
      'same byte length',
    );
  });

  it('goes on comparing after a match', () => {
    const [secret] = registry.find('demo')?.secrets ?? [];
    const after = { id: 'z', label: '', digest: Buffer.alloc(31), expiresAt: undefined };
    const client = { ...registry.find('demo')!, secrets: [secret!, after] };
    expect(() => matchingSecret(client, digestOf('old'), 500)).toThrow('same byte length');
  });
});
