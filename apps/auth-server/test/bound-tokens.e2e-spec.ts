import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import 'reflect-metadata';
import {
  createSigner,
  dpopProofs,
  generateSigningKey,
  signJwt,
  type DpopProofs,
  type SigningKey,
} from '@countersign/token';
import {
  createTestKey,
  hostileProofs,
  aProof as madeProof,
  type ProofChanges,
  type ProofContext,
} from '@countersign/testing';
import { decodeJwt } from 'jose';

import {
  census,
  herald,
  issuer,
  startAuthServer,
  users,
  type TestServer,
} from './start-auth-server.js';

const endpoint = `${issuer}/oauth2/token`;
const secret = randomBytes(32).toString('base64url');
const sha256 = createHash('sha256').update(secret).digest('base64url');
const secrets = [{ label: 'now', sha256 }];
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

let clientKey: SigningKey;
let sender: DpopProofs;
let other: DpopProofs;
let directory: string;
let file: string;
let server: TestServer;
beforeAll(async () => {
  clientKey = await generateSigningKey('ES256');
  sender = dpopProofs({ key: await generateSigningKey('ES256') });
  other = dpopProofs({ key: await generateSigningKey('EdDSA') });
  directory = mkdtempSync(join(tmpdir(), 'bound-'));
  file = join(directory, 'registry.json');
  const grants = [{ service: 'census', scopes: ['users:read'], subjects: [users] }];
  const onBehalfOf = [{ source: 'census', target: 'herald', scopes: ['notifications:send'] }];
  const registry = {
    services: [
      { name: 'herald', audience: herald, scopes: ['notifications:send'] },
      { name: 'census', audience: census, scopes: ['users:read'] },
    ],
    clients: [
      { id: 'web', secrets, grants, keys: { jwks: [clientKey.publicJwk] } },
      { id: 'ops', secrets, grants: [{ service: 'admin', scopes: ['admin:read'] }] },
      { id: 'bound', secrets, grants, dpopBoundAccessTokens: true },
      { id: 'census', service: 'census', secrets, grants, onBehalfOf },
    ],
  };
  writeFileSync(file, JSON.stringify(registry));
  server = await startAuthServer(undefined, undefined, { REGISTRY_FILE: file });
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

type Form = Readonly<Record<string, string>>;
interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly json: Readonly<Record<string, unknown>>;
}

/** With a header field for each proof: `fetch` would make one of several. */
function post(
  path: string,
  client: string,
  form: Form,
  proofs: readonly string[] = [],
  at: TestServer = server,
): Promise<Answer> {
  const headers = {
    authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    ...(proofs.length > 0 && { dpop: [...proofs] }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${at.running.url}${path}`, { method: 'POST', headers }, (answer) => {
      text(answer).then(
        (body) =>
          resolve({ status: answer.statusCode, headers: answer.headers, json: JSON.parse(body) }),
        reject,
      );
    });
    sent.on('error', reject).end(new URLSearchParams(form).toString());
  });
}

const ask = (client: string, proofs: readonly string[] = [], form: Form = {}, at = server) =>
  post(
    'oauth2/token',
    client,
    { grant_type: 'client_credentials', resource: census, ...form },
    proofs,
    at,
  );

const aProof = (by = sender, nonce?: string) =>
  by.proof({ method: 'POST', url: endpoint, ...(nonce === undefined ? {} : { nonce }) });

const claimsOf = ({ json }: Answer) => decodeJwt(String(json['access_token']));

describe('a token that was asked for with a DPoP proof', () => {
  it('is bound to the key of the proof', async () => {
    const answer = await ask('web', [await aProof()]);
    expect([answer.status, answer.json['token_type']]).toEqual([200, 'DPoP']);
    expect(claimsOf(answer)['cnf']).toEqual({ jkt: sender.jkt });
    expect(answer.headers['dpop-nonce']).toBeUndefined();
  });

  it('is for everybody who bears it without one', async () => {
    const answer = await ask('web');
    expect(answer.json['token_type']).toBe('Bearer');
    expect(claimsOf(answer)).not.toHaveProperty('cnf');
  });

  it('is bound by the JWT bearer grant, too', async () => {
    const { privateJwk } = clientKey;
    const signer = createSigner({
      algorithm: 'ES256',
      kid: privateJwk.kid,
      privateKey: privateJwk,
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'web', sub: `${users}42/`, aud: issuer, iat: now, exp: now + 60 };
    const assertion = await signJwt(signer, 'jwt', { ...claims, jti: randomUUID() });
    const form = { grant_type: jwtBearer, assertion };
    const answer = await ask('web', [await aProof()], form);
    expect(answer.json['token_type']).toBe('DPoP');
    expect(claimsOf(answer)).toMatchObject({ sub: claims.sub, cnf: { jkt: sender.jkt } });
  });

  it('is said to be bound by introspection', async () => {
    for (const [proofs, type, cnf] of [
      [[await aProof()], 'DPoP', { jkt: sender.jkt }],
      [[], 'Bearer', undefined],
    ] as const) {
      const { json } = await ask('web', proofs);
      const token = String(json['access_token']);
      const answer = await post('oauth2/introspect', 'web', { token });
      expect(answer.json).toMatchObject({ active: true, token_type: type });
      expect(answer.json['cnf']).toEqual(cnf);
    }
  });

  it('cannot be had without a proof by a client that has to be bound', async () => {
    const refused = await ask('bound');
    expect([refused.status, refused.json['error']]).toEqual([400, 'invalid_dpop_proof']);
    expect((await ask('bound', [await aProof()])).json['token_type']).toBe('DPoP');
  });
});

describe('a DPoP proof at the token endpoint', () => {
  it('is good once, even for another client', async () => {
    const proof = await aProof();
    expect((await ask('web', [proof])).status).toBe(200);
    for (const client of ['web', 'census']) {
      const again = await ask(client, [proof]);
      expect([again.status, again.json['error']]).toEqual([400, 'invalid_dpop_proof']);
    }
  });

  it('is not used up by who is not authenticated', async () => {
    const proof = await aProof();
    expect((await ask('nobody', [proof])).status).toBe(401);
    expect((await ask('web', [proof])).status).toBe(200);
  });

  it('is not asked for where clients introspect', async () => {
    const answer = await post('oauth2/introspect', 'bound', { token: 'x' }, ['no proof']);
    expect(answer.json).toEqual({ active: false });
  });

  const context = (): ProofContext => ({
    key: createTestKey('ES256'),
    method: 'POST',
    url: endpoint,
    now: Date.now() / 1000,
  });

  const aProofWith = (changes: ProofChanges) => madeProof(context(), changes);

  it('may spell the host of its URL as it likes', async () => {
    const htu = endpoint.replace('auth.example', 'AUTH.example:443');
    for (const changes of [{}, { claims: { htu } }]) {
      expect((await ask('bound', [aProofWith(changes)])).status).toBe(200);
    }
  });
  it('is not for the address that the request came to', async () => {
    const proof = aProofWith({ claims: { htu: `${server.running.url}oauth2/token` } });
    expect((await ask('bound', [proof])).json['error']).toBe('invalid_dpop_proof');
  });

  const rows = hostileProofs.filter(({ needsToken, fault }) => !needsToken && fault !== 'another');
  it.each(rows)('is refused: $name', async ({ make }) => {
    const { status, headers, json } = await ask('bound', make(context()));
    expect([status, json]).toEqual([
      400,
      {
        error: 'invalid_dpop_proof',
        error_description: 'The DPoP proof is missing, or does not hold for this request',
      },
    ]);
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('a bound token in an exchange', () => {
  const exchanged = (client: string, subject: string, proofs: readonly string[], form: Form = {}) =>
    ask(client, proofs, {
      grant_type: exchange,
      subject_token: subject,
      subject_token_type: accessToken,
      resource: herald,
      ...form,
    });
  const boundTokenOf = async (client: string) =>
    String((await ask(client, [await aProof()])).json['access_token']);

  it('becomes one that is bound alike', async () => {
    const subject = await boundTokenOf('census');
    const answer = await exchanged('census', subject, [await aProof()]);
    expect([answer.status, answer.json['token_type']]).toEqual([200, 'DPoP']);
    expect(claimsOf(answer)['cnf']).toEqual({ jkt: sender.jkt });
  });

  it.each<[string, () => Promise<readonly string[]>]>([
    ['without a proof', async () => []],
    ['with the proof of another key', async () => [await aProof(other)]],
  ])('is refused %s', async (_what, proofs) => {
    const subject = await boundTokenOf('census');
    const { status, json } = await exchanged('census', subject, await proofs());
    expect([status, json['error']]).toEqual([400, 'invalid_request']);
  });

  it('is refused to the service that received it: it holds no key of its caller', async () => {
    const unbound = String((await ask('web')).json['access_token']);
    expect((await exchanged('census', unbound, [])).status).toBe(200);
    const subject = await boundTokenOf('web');
    for (const proofs of [[], [await aProof(other)]]) {
      const { status, json } = await exchanged('census', subject, proofs);
      expect([status, json['error']]).toEqual([400, 'invalid_request']);
    }
  });

  it('is refused as the token of the actor without its proof', async () => {
    const subject = String((await ask('census')).json['access_token']);
    const actor = { actor_token: await boundTokenOf('census'), actor_token_type: accessToken };
    expect((await exchanged('census', subject, [], actor)).status).toBe(400);
    expect((await exchanged('census', subject, [await aProof()], actor)).status).toBe(200);
  });

  it('can be made of one that everybody may use', async () => {
    const subject = String((await ask('census')).json['access_token']);
    const answer = await exchanged('census', subject, [await aProof(other)]);
    expect(claimsOf(answer)['cnf']).toEqual({ jkt: other.jkt });
  });
});

describe('a bound token at the admin API', () => {
  const whoami = async (headers: Record<string, string>) =>
    (await fetch(`${server.running.url}admin/whoami`, { headers })).status;

  it('is good with a proof by its key, once, and never as a bearer token', async () => {
    const resource = `${issuer}/admin`;
    const answer = await ask('ops', [await aProof()], { resource });
    const token = String(answer.json['access_token']);
    const request = { method: 'GET', url: `${issuer}/admin/whoami`, accessToken: token };
    const authorization = `DPoP ${token}`;
    const dpop = await sender.proof(request);
    expect(await whoami({ authorization, dpop })).toBe(200);
    expect(await whoami({ authorization, dpop })).toBe(401);
    expect(await whoami({ authorization, dpop: await other.proof(request) })).toBe(401);
    expect(await whoami({ authorization: `Bearer ${token}` })).toBe(401);
  });
});

describe('a server that wants its nonces in proofs', () => {
  let strict: TestServer;
  beforeAll(async () => {
    strict = await startAuthServer(undefined, undefined, {
      REGISTRY_FILE: file,
      DPOP_NONCE: 'required',
    });
  }, 60_000);
  afterAll(() => strict.stop());

  it('says which, and takes it', async () => {
    for (const wrong of [undefined, 'made-up']) {
      const refused = await ask('web', [await aProof(sender, wrong)], {}, strict);
      expect([refused.status, refused.json['error']]).toEqual([400, 'use_dpop_nonce']);
      const nonce = String(refused.headers['dpop-nonce']);
      const answer = await ask('web', [await aProof(sender, nonce)], {}, strict);
      expect([answer.status, answer.json['token_type']]).toEqual([200, 'DPoP']);
      expect(answer.headers['dpop-nonce']).toMatch(/^[\w-]{22}$/);
    }
  });

  it('tells it to no one whose proof does not hold otherwise', async () => {
    const proof = await sender.proof({ method: 'GET', url: endpoint });
    const refused = await ask('web', [proof], {}, strict);
    expect(refused.json['error']).toBe('invalid_dpop_proof');
    expect(refused.headers['dpop-nonce']).toBeUndefined();
  });

  it('asks nothing of who sends no proof', async () => {
    const answer = await ask('web', [], {}, strict);
    expect([answer.status, answer.headers['dpop-nonce']]).toEqual([200, undefined]);
  });
});
