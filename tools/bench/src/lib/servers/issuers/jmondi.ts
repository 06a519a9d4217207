// @jmondi/oauth2-server over node:http, with repositories in memory.
import { createPrivateKey, randomUUID } from 'node:crypto';

import {
  AuthorizationServer,
  DateInterval,
  JwtService,
  OAuthRequest,
  type OAuthClient,
} from '@jmondi/oauth2-server';
import jwt from 'jsonwebtoken';

import { readFixtures } from '../../issuance/fixtures.js';
import { announce, answerForms } from './answer-forms.js';

const fixtures = await readFixtures();
const algorithm = process.env['BENCH_ALG'] === 'RS256' ? 'RS256' : 'ES256';
const { privateJwk } = fixtures.signing[algorithm];
const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
const keyid = String(privateJwk['kid']);
const scopes = [{ name: fixtures.scope }];
const clients = new Map<string, OAuthClient>(
  fixtures.clients.map(({ id, secret }) => [
    id,
    {
      id,
      name: id,
      secret,
      redirectUris: [],
      allowedGrants: ['client_credentials'],
      scopes,
    },
  ]),
);
const lifetime = new DateInterval(`${fixtures.lifetime}s`);

/** The package's own service signs with HS256 only; this is it, with an asymmetric key. */
class AsymmetricJwtService extends JwtService {
  override sign(payload: Record<string, unknown>): Promise<string> {
    return new Promise((resolve, reject) => {
      jwt.sign(payload, key, { algorithm, keyid }, (error, token) =>
        token === undefined ? reject(error ?? new Error('no token')) : resolve(token),
      );
    });
  }
}

const server = new AuthorizationServer(
  {
    getByIdentifier: async (id) => {
      const client = clients.get(id);
      if (!client) throw new Error('unknown client');
      return client;
    },
    isClientValid: async (_grant, client, secret) => client.secret === secret,
  },
  {
    issueToken: async (client, granted) => ({
      accessToken: randomUUID(),
      accessTokenExpiresAt: lifetime.getEndDate(),
      client,
      scopes: granted,
    }),
    issueRefreshToken: async (token) => token,
    persist: async () => undefined,
    revoke: async () => undefined,
    isRefreshTokenRevoked: async () => true,
    getByRefreshToken: async () => Promise.reject(new Error('no refresh tokens here')),
  },
  {
    getAllByIdentifiers: async (names) => scopes.filter(({ name }) => names.includes(name)),
    finalize: async (granted) => granted,
  },
  new AsymmetricJwtService(key),
  { issuer: 'http://127.0.0.1' },
);
server.enableGrantType('client_credentials', lifetime);

announce(
  answerForms(async (headers, body) => {
    const form = Object.fromEntries(new URLSearchParams(body));
    const { authorization = '' } = headers;
    const request = new OAuthRequest({ headers: { authorization }, body: form });
    return (await server.respondToAccessTokenRequest(request)).body as object;
  }),
);
