import { createHash } from 'node:crypto';

import { decodeJwt, decodeProtectedHeader } from 'jose';

import { Application } from './an-application.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  callback,
  herald,
  issuer,
  logIn,
  aVerifier,
  people,
  scope,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

let server: PeopleServer;
let web: Application;

beforeAll(async () => {
  const { registry } = await aRegistry();
  server = await startPeopleServer({ registry });
  web = new Application(server.running.url, 'web', secrets.web);
});
afterAll(() => server?.stop());

const read = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(new URL(path, server.running.url), { headers });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
};

it('answers the application with code, state and issuer', async () => {
  const { challenge } = aVerifier();
  const url = await logIn(server.browser(), authorizeUrl({ code_challenge: challenge }));
  expect(url.href).toContain(`${callback}?code=`);
  expect(url.searchParams.get('state')).toBe('a state');
  expect(url.searchParams.get('iss')).toBe(people);
});

it('gives an access token for the exchange alone, and an ID token', async () => {
  const code = await web.code(server.browser());
  const { status, headers, body } = await web.redeem(code);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body).toMatchObject({ token_type: 'Bearer', scope, expires_in: 300 });
  const access = String(body['access_token']);
  expect(decodeProtectedHeader(access)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  expect(decodeJwt(access)).toMatchObject({
    iss: people,
    sub: alice.subject,
    aud: `${issuer}/exchange`,
    client_id: 'web',
    scope,
  });
  expect(decodeJwt(String(body['id_token']))).toMatchObject({
    iss: people,
    sub: alice.subject,
    aud: 'web',
    nonce: 'a nonce',
    name: alice.name,
    email: alice.email,
  });
});

it('tells who somebody is', async () => {
  const { access_token } = await web.tokens(server.browser());
  const { body } = await read('/people/userinfo', { authorization: `Bearer ${access_token}` });
  expect(body).toEqual({
    sub: alice.subject,
    name: alice.name,
    email: alice.email,
    email_verified: true,
  });
});

it('gives a token at Herald for the person, by the application that acts', async () => {
  const { access_token } = await web.tokens(server.browser());
  const { status, body } = await web.exchange(access_token);
  expect(status).toBe(200);
  expect(body['scope']).toBe('notifications:send');
  expect(decodeJwt(String(body['access_token']))).toMatchObject({
    iss: issuer,
    sub: alice.subject,
    act: { sub: 'web' },
    client_id: 'web',
    aud: herald,
  });
});

it('refreshes, each time with another refresh token, for what was granted or less', async () => {
  const { refresh_token } = await web.tokens(server.browser());
  const first = await web.refresh(refresh_token);
  expect(first.status).toBe(200);
  expect(first.body['refresh_token']).not.toBe(refresh_token);
  const less = await web.refresh(first.body['refresh_token'], { scope: 'openid' });
  expect(less.body).toMatchObject({ scope: 'openid' });
});

it('asks nobody what an application of the house may do', async () => {
  const browser = server.browser();
  const house = new Application(server.running.url, 'house', secrets.house);
  const page = await browser.open(
    (await browser.open(authorizeUrl({ ...idOf(house), code_challenge: aVerifier().challenge })))
      .location,
  );
  expect(page.text).toContain('type="password"');
  const { access_token } = await house.tokens(browser);
  expect(decodeJwt(String(access_token))['scope']).toBe(scope);
});

const idOf = ({ id, callback: redirect_uri }: Application) => ({ client_id: id, redirect_uri });

it('logs in to a second application without another password', async () => {
  const browser = server.browser();
  await web.code(browser);
  const house = new Application(server.running.url, 'house', secrets.house);
  const asked = authorizeUrl({ ...idOf(house), code_challenge: aVerifier().challenge });
  const { location } = await browser.open(asked);
  expect(location).toContain(`${house.callback}?code=`);
});

it('says what it does, and nothing that it does not', async () => {
  const { body } = await read('/people/.well-known/openid-configuration');
  expect(body).toMatchObject({
    issuer: people,
    authorization_endpoint: `${people}/authorize`,
    token_endpoint: `${people}/token`,
    jwks_uri: `${people}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    scopes_supported: ['openid', 'profile', 'email'],
    id_token_signing_alg_values_supported: ['ES256'],
    request_uri_parameter_supported: false,
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
  });
  expect(
    Object.keys(body)
      .filter((name) => name.endsWith('_endpoint'))
      .sort(),
  ).toEqual([
    'authorization_endpoint',
    'end_session_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ]);
});

it('publishes keys of its own', async () => {
  const kids = async (path: string) =>
    ((await read(path)).body['keys'] as { kid: string }[]).map(({ kid }) => kid);
  const own = await kids('/people/jwks');
  const machines = await kids('/.well-known/jwks.json');
  expect(own.length).toBeGreaterThan(0);
  expect(own.filter((kid) => machines.includes(kid))).toEqual([]);
});

it('says nothing beside its log', async () => {
  const said = (['log', 'info', 'warn', 'error'] as const).map((name) =>
    jest.spyOn(console, name).mockImplementation(() => undefined),
  );
  const browser = server.browser();
  const { refresh_token } = await web.tokens(browser);
  await web.post('/people/token/revocation', { token: String(refresh_token) });
  await browser.open(`${people}/logout`);
  await browser.open(`${people}/authorize`);
  for (const spy of said) {
    expect(spy.mock.calls).toEqual([]);
    spy.mockRestore();
  }
});

it('lets an answer by form run the one script that sends it, and nothing else', async () => {
  const asked = { code_challenge: aVerifier().challenge, response_mode: 'form_post' };
  const page = await server.browser().open(authorizeUrl({ ...asked, prompt: 'none' }));
  const script = String(/<script>([^<]*)<\/script>/.exec(page.text)?.[1]);
  const hash = createHash('sha256').update(script).digest('base64');
  expect(page.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}'`);
  expect(page.text).toContain('login_required');
});

it.each([
  ['/people/interaction'],
  ['/people/reg'],
  ['/people/token/introspection'],
  ['/people/par'],
])('has nothing at %s', async (path) => {
  expect((await fetch(new URL(path, server.running.url))).status).toBe(404);
});

it('answers other methods with 405', async () => {
  const response = await fetch(new URL('/people/token', server.running.url));
  expect(response.status).toBe(405);
  expect(await response.json()).toMatchObject({ error: 'invalid_request' });
});
