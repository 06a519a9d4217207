import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import { freePort } from '@countersign/testing';
import {
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  createSigner,
  dpopProofs,
  generateSigningKey,
  jwtBearer,
  parseToken,
  privateKeyJwt,
  tokenExchange,
  type JsonObject,
  type OutboundToken,
  type SigningKey,
} from '@countersign/token';

import { generateSecret } from '../src/registry/secret.js';
import { census, herald, startAuthServer, users, type TestServer } from './start-auth-server.js';

const ann = `${users}42/`;
const apiKey = generateSecret('herald');
const root = mkdtempSync(join(tmpdir(), 'auth-server-'));
let key: SigningKey;
let issuer: string;
let server: TestServer;

beforeAll(async () => {
  key = await generateSigningKey('ES256');
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const file = join(root, 'fleet.json');
  writeFileSync(file, JSON.stringify(fleet()));
  server = await startAuthServer(undefined, undefined, {
    REGISTRY_FILE: file,
    PORT: String(port),
    PUBLIC_URL: `${issuer}/`,
    DPOP_NONCE: 'required',
  });
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

function fleet() {
  const sha256 = apiKey.digest.toString('base64url');
  return {
    services: [
      { name: 'herald', audience: herald, scopes: ['notifications:send'] },
      { name: 'census', audience: census, scopes: ['users:read'] },
    ],
    clients: [
      {
        id: 'herald',
        service: 'herald',
        secrets: [{ label: 'now', sha256 }],
        keys: { jwks: [key.publicJwk] },
        grants: [
          { service: 'census', scopes: ['users:read'], subjects: [users] },
          { service: 'herald', scopes: ['notifications:send'], subjects: [users] },
        ],
        onBehalfOf: [{ source: 'herald', target: 'census', scopes: ['users:read'] }],
      },
    ],
  };
}

const signer = () =>
  createSigner({ algorithm: 'ES256', kid: key.privateJwk.kid, privateKey: key.privateJwk });
const claimsOf = ({ token }: OutboundToken): JsonObject => parseToken(token).claims;
const request = { audience: census, scopes: ['users:read'] };

describe('the token sources of @countersign/token, at this server', () => {
  it.each([
    ['client_secret_basic', () => clientSecretBasic('herald', apiKey.secret)],
    ['client_secret_post', () => clientSecretPost('herald', apiKey.secret)],
    ['private_key_jwt', () => privateKeyJwt('herald', { signer: signer() })],
  ])('get tokens of the client by %s', async (_name, client) => {
    const source = clientCredentials({ issuer, client: client() });
    expect(claimsOf(await source.token(request))).toMatchObject({
      iss: issuer,
      aud: census,
      sub: 'herald',
      client_id: 'herald',
      scope: 'users:read',
    });
  });

  it('get tokens for users: named, stated, or by the token their call came with', async () => {
    const client = privateKeyJwt('herald', { signer: signer() });
    const named = clientCredentials({ issuer, client, requestedSubject: true });
    const stated = jwtBearer({ issuer, client, signer: signer() });
    const exchanged = tokenExchange({ issuer, client });

    const mine = await named.token({ audience: herald, subject: { uri: ann } });
    const subject = { uri: ann, token: mine.token, expiresAt: mine.expiresAt };
    for (const token of [
      await named.token({ ...request, subject }),
      await stated.token({ ...request, subject }),
      await exchanged.token({ ...request, subject }),
    ])
      expect(claimsOf(token)).toMatchObject({ aud: census, sub: ann, act: { sub: 'herald' } });
  });

  it('get tokens that are bound to a key, with the nonce that the server wants', async () => {
    const dpop = dpopProofs({ key: await generateSigningKey('ES256') });
    const client = privateKeyJwt('herald', { signer: signer() });
    const source = clientCredentials({ issuer, client, dpop });
    const token = await source.token(request);
    expect(token.carrier).toBe('DPoP');
    expect(claimsOf(token)).toMatchObject({ cnf: { jkt: dpop.jkt } });

    const stated = jwtBearer({ issuer, client, dpop, signer: signer() });
    const forAnn = await stated.token({ ...request, subject: { uri: ann } });
    expect(claimsOf(forAnn)).toMatchObject({ sub: ann, cnf: { jkt: dpop.jkt } });
  });

  it('say which scope was refused to whom', async () => {
    const source = clientCredentials({
      issuer,
      client: clientSecretBasic('herald', apiKey.secret),
    });
    await expect(source.token({ ...request, scopes: ['users:write'] })).rejects.toMatchObject({
      reason: 'refused',
      error: 'invalid_scope',
      message: `${issuer} gave herald no token for ${census} (scope users:write): invalid_scope`,
    });
  });

  it('say that the client was refused, and leave the server alone', async () => {
    const source = clientCredentials({ issuer, client: clientSecretBasic('herald', 'wrong') });
    await expect(source.token(request)).rejects.toMatchObject({ error: 'invalid_client' });
    await expect(source.token(request)).rejects.toMatchObject({ reason: 'unavailable' });
  });
});
