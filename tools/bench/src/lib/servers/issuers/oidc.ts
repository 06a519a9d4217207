// oidc-provider as its documentation sets it up for services: client_credentials, JWT access tokens
// for one resource, and its own adapter in memory.
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

import { readFixtures } from '../../issuance/fixtures.js';
import { announce } from './answer-forms.js';

const fixtures = await readFixtures();
const alg = process.env['BENCH_ALG'] === 'RS256' ? 'RS256' : 'ES256';
const { clients, keyClient, signing, audience, scope, lifetime } = fixtures;
const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };

const provider = new Provider('http://127.0.0.1', {
  clients: [
    ...clients.map(({ id, secret }) => ({ ...common, client_id: id, client_secret: secret })),
    {
      ...common,
      client_id: keyClient.id,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [keyClient.key.publicJwk] },
    },
  ],
  clientDefaults: { id_token_signed_response_alg: alg },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  scopes: [],
  jwks: { keys: [signing[alg].privateJwk] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope,
        audience,
        accessTokenTTL: lifetime,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg } },
      }),
    },
  },
});

announce(createServer(provider.callback()));
