import { decodeJwt, decodeProtectedHeader } from 'jose';

import {
  alice,
  aRegistry,
  authorizeUrl,
  aVerifier,
  callback,
  herald,
  issuer,
  logIn,
  people,
  scope,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

let server: PeopleServer;

beforeAll(async () => {
  const { registry } = await aRegistry();
  server = await startPeopleServer({ registry });
});
afterAll(() => server?.stop());

type Answer = Readonly<Record<string, string>> & { readonly status: number };

async function post(path: string, form: Record<string, string>, client = 'web'): Promise<Answer> {
  const secret = secrets[client as 'web'];
  const response = await fetch(new URL(path, server.running.url), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
    body: new URLSearchParams(form),
  });
  return {
    status: response.status,
    ...((await response.json()) as Record<string, string>),
  } as Answer;
}

async function tokens() {
  const { verifier, challenge } = aVerifier();
  const url = await logIn(server.browser(), authorizeUrl({ code_challenge: challenge }));
  expect(url.href).toMatch(`${callback}?code=`);
  expect(url.searchParams.get('state')).toBe('a state');
  expect(url.searchParams.get('iss')).toBe(people);
  const code = String(url.searchParams.get('code'));
  const redeemed = { grant_type: 'authorization_code', code, redirect_uri: callback };
  return post('/people/token', { ...redeemed, code_verifier: verifier });
}

it('gives who logged in an access token for the exchange, and an ID token', async () => {
  const got = await tokens();
  expect(got).toMatchObject({ status: 200, token_type: 'Bearer', scope, expires_in: 300 });
  expect(decodeProtectedHeader(String(got['access_token']))).toMatchObject({
    alg: 'ES256',
    typ: 'at+jwt',
  });
  expect(decodeJwt(String(got['access_token']))).toMatchObject({
    iss: people,
    sub: alice.subject,
    aud: `${issuer}/exchange`,
    client_id: 'web',
    scope,
  });
  expect(decodeJwt(String(got['id_token']))).toMatchObject({
    iss: people,
    sub: alice.subject,
    aud: 'web',
    nonce: 'a nonce',
    name: alice.name,
    email: alice.email,
  });
});

it('tells who somebody is, exchanges the token for one at Herald, and refreshes', async () => {
  const got = await tokens();
  const access = String(got['access_token']);
  const info = await fetch(new URL('/people/userinfo', server.running.url), {
    headers: { authorization: `Bearer ${access}` },
  });
  expect(await info.json()).toMatchObject({
    sub: alice.subject,
    name: 'Alice',
    email: alice.email,
  });
  const exchanged = await post('/oauth2/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: access,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: herald,
  });
  expect(exchanged).toMatchObject({ status: 200, scope: 'notifications:send' });
  expect(decodeJwt(String(exchanged['access_token']))).toMatchObject({
    iss: issuer,
    sub: alice.subject,
    act: { sub: 'web' },
    client_id: 'web',
    aud: herald,
  });
  const refreshed = await post('/people/token', {
    grant_type: 'refresh_token',
    refresh_token: String(got['refresh_token']),
  });
  expect(refreshed.status).toBe(200);
  expect(refreshed['refresh_token']).not.toBe(got['refresh_token']);
});

it('speaks of all this in its metadata', async () => {
  const response = await fetch(
    new URL('/people/.well-known/openid-configuration', server.running.url),
  );
  expect(await response.json()).toMatchObject({
    issuer: people,
    jwks_uri: `${people}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
  });
});
