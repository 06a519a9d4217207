import { webcrypto, type JsonWebKey } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';

import type { SigningKey } from '@countersign/token';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';

import { Browser } from './a-browser.js';
import {
  alice,
  aRegistry,
  herald,
  logIn,
  scope,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

// Foreign libraries go where metadata leads: the server has its real address.
let url: string;
let server: PeopleServer;
let signerKey: SigningKey;

beforeAll(async () => {
  const made = await aRegistry();
  ({ signerKey } = made);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = await startPeopleServer({
    registry: made.registry,
    env: { PORT: String(port), HOST: '127.0.0.1', PUBLIC_URL: `${url}/` },
  });
});
afterAll(() => server?.stop());

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const people = () => new URL(`${url}/people`);
const browse = (to: URL) => logIn(new Browser(url, url), to.href);

/** The key of `signer` as libraries take it. */
async function signerCryptoKey(): Promise<webcrypto.CryptoKey> {
  const { kty, crv, x, y, d } = signerKey.privateJwk as JsonWebKey;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const jwk = { kty, crv, x, y, d } as webcrypto.JsonWebKey;
  return webcrypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
}

describe('openid-client', () => {
  const options = { execute: [client.allowInsecureRequests] };

  it.each<[string, () => Promise<[id: string, authentication: client.ClientAuth]>]>([
    ['client_secret_post', async () => ['web', client.ClientSecretPost(secrets.web)]],
    ['client_secret_basic', async () => ['web', client.ClientSecretBasic(secrets.web)]],
    [
      'private_key_jwt',
      async () => {
        const key = { key: await signerCryptoKey(), kid: signerKey.publicJwk.kid };
        return ['signer', client.PrivateKeyJwt(key)];
      },
    ],
  ])('logs in, asks who that is, refreshes and revokes by %s', async (_name, made) => {
    const [id, authentication] = await made();
    const config = await client.discovery(people(), id, undefined, authentication, options);
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: `https://${id}.example/callback`,
      scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const tokens = await client.authorizationCodeGrant(config, await browse(to), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    expect(tokens.claims()).toMatchObject({ sub: alice.subject, name: alice.name });
    const info = await client.fetchUserInfo(config, tokens.access_token, alice.subject);
    expect(info.email).toBe(alice.email);
    const fresh = await client.refreshTokenGrant(config, String(tokens.refresh_token));
    expect(fresh.claims()?.sub).toBe(alice.subject);
    await client.tokenRevocation(config, String(fresh.refresh_token));
    await expect(client.refreshTokenGrant(config, String(fresh.refresh_token))).rejects.toThrow(
      client.ResponseBodyError,
    );
  });

  it('exchanges at our own token endpoint what it got at the other', async () => {
    const authentication = client.ClientSecretBasic(secrets.web);
    const config = await client.discovery(people(), 'web', undefined, authentication, options);
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: 'https://web.example/callback',
      scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { access_token } = await client.authorizationCodeGrant(config, await browse(to), {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    const own = await client.discovery(new URL(url), 'web', undefined, authentication, {
      ...options,
      algorithm: 'oauth2',
    });
    const exchanged = await client.genericGrantRequest(
      own,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: herald,
      },
    );
    expect(exchanged['scope']).toBe('notifications:send');
  });

  it('finds the metadata where RFC 8414 has it, too', async () => {
    const config = await client.discovery(people(), 'web', undefined, undefined, {
      ...options,
      algorithm: 'oauth2',
    });
    expect(config.serverMetadata().issuer).toBe(people().href);
  });

  it('is told by the issuer of the answer that it is talking to the right one', async () => {
    const authentication = client.ClientSecretBasic(secrets.web);
    const config = await client.discovery(people(), 'web', undefined, authentication, options);
    expect(config.serverMetadata().authorization_response_iss_parameter_supported).toBe(true);
  });

  it('sends a browser to log out', async () => {
    const authentication = client.ClientSecretBasic(secrets.web);
    const config = await client.discovery(people(), 'web', undefined, authentication, options);
    const to = client.buildEndSessionUrl(config, {
      client_id: 'web',
      post_logout_redirect_uri: 'https://web.example/',
    });
    expect((await new Browser(url, url).open(to.href)).status).toBe(200);
  });
});

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true };

  it('logs in and refreshes', async () => {
    const found = await oauth.discoveryRequest(people(), insecure);
    const as = await oauth.processDiscoveryResponse(people(), found);
    const web: oauth.Client = { client_id: 'web' };
    const authentication = oauth.ClientSecretBasic(secrets.web);
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const to = new URL(String(as.authorization_endpoint));
    const asked = {
      client_id: 'web',
      redirect_uri: 'https://web.example/callback',
      response_type: 'code',
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(asked)) to.searchParams.set(name, value);
    const answer = oauth.validateAuthResponse(as, web, await browse(to), state);
    const redeemed = await oauth.authorizationCodeGrantRequest(
      as,
      web,
      authentication,
      answer,
      asked.redirect_uri,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, web, redeemed, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: alice.subject });
    const refreshed = await oauth.refreshTokenGrantRequest(
      as,
      web,
      authentication,
      String(tokens.refresh_token),
      insecure,
    );
    const fresh = await oauth.processRefreshTokenResponse(as, web, refreshed);
    expect(fresh.refresh_token).not.toBe(tokens.refresh_token);
  });
});
