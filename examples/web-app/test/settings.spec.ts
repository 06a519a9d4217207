import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { clientKey } from '../src/client-key/client-key.js';
import { readSettings } from '../src/settings.js';

describe('readSettings', () => {
  it('finds people below the authorization server unless told', () => {
    const { peopleUrl } = readSettings({ AUTH_SERVER_URL: 'https://auth.example' });
    expect(peopleUrl).toBe('https://auth.example/people');
    expect(readSettings({ PEOPLE_URL: 'https://id.example' }).peopleUrl).toBe('https://id.example');
  });

  it.each([
    ['PUBLIC_URL', 'http://app.example/', 'must be https'],
    ['PUBLIC_URL', 'https://app.example', 'must be an http(s) URL with a final slash'],
    ['PUBLIC_URL', 'https://app.example/below/', 'must have no path'],
    ['AUTH_SERVER_URL', 'https://auth.example/', 'must be an http(s) URL without a final slash'],
    ['AUTH_SERVER_URL', 'http://10.0.0.7', 'must be https'],
    ['PEOPLE_URL', 'ftp://id.example', 'must be an http(s) URL'],
    ['HERALD_URL', 'not a URL', 'must be an http(s) URL'],
    ['PORT', '65536', 'must be a whole number from 0 to 65535'],
    ['PORT', 'secret', 'must be a whole number'],
    ['SESSION_IDLE', '0', 'must be a whole number from 1'],
    ['CLIENT_ID', ' ', 'must not be empty'],
  ])('refuses %s=%s, and says what it must be', (name, value, message) => {
    expect(() => readSettings({ [name]: value })).toThrow(TypeError);
    expect(() => readSettings({ [name]: value })).toThrow(`${name} ${message}`);
    expect(() => readSettings({ [name]: value })).not.toThrow(/secret/);
  });

  it('names everything that is wrong at once', () => {
    expect(() => readSettings({ PORT: 'x', HERALD_URL: 'y' })).toThrow(/PORT .*; HERALD_URL /);
  });
});

describe('clientKey', () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-key-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes a key for its owner only, once', async () => {
    const file = join(folder, 'deep', 'key.jwk');
    const first = await clientKey(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await clientKey(file)).publicJwk).toEqual(first.publicJwk);
    expect(first.publicJwk).not.toHaveProperty('d');
  });

  it.each([
    '',
    'not JSON with a secret',
    '{}',
    '{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"c"}',
  ])('refuses a file that holds %p, without quoting it', async (content) => {
    const file = join(folder, 'bad.jwk');
    writeFileSync(file, content);
    const refusal = await clientKey(file).catch((error: unknown) => error);
    expect(refusal).toEqual(
      new TypeError(`${file} does not hold a private JWK for ES256; remove it to have one made`),
    );
  });
});
