import 'reflect-metadata';
import { exportJWK, SignJWT } from 'jose';
import {
  accessTokenHash,
  dpopNonces,
  dpopProofs,
  generateSigningKey,
  memoryReplay,
  type DpopProofs,
  type ReplayStore,
} from '@countersign/token';
import {
  aProof,
  aToken,
  createTestIssuer,
  createTestKey,
  hostileProofs,
  sendRequest,
  testClock,
  type ProofContext,
  type TokenBuilder,
} from '@countersign/testing';

import type { CountersignOptions } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';
import { CENSUS, ran } from './census.module.js';
import { possessionModule } from './possession.module.js';

const clock = testClock();
const server = createTestIssuer({ clock });
const strict = createTestIssuer({
  clock,
  name: 'strict',
  trust: { senderConstrained: 'required' },
});
const publicUrl = 'https://census.example/';
const urlOf = (path: string) => `https://census.example${path}`;
const nonces = dpopNonces({ secrets: [Buffer.alloc(32, 1)], clock });

const good = (issuer = server): TokenBuilder => aToken().from(issuer).to(CENSUS);
const boundTo = (jkt: string) => good().claim('cnf', { jkt }).sign();

const mine = createTestKey('ES256');
const proofsOfMine = () =>
  dpopProofs({
    key: {
      privateJwk: { ...mine.signingKey.export({ format: 'jwk' }), ...purpose },
      publicJwk: { ...mine.jwk, ...purpose },
    },
    clock,
  });
const purpose = { kid: mine.kid, alg: 'ES256', use: 'sig' } as const;
const { jkt } = proofsOfMine();

describe.each(adapters)('tokens bound to a key on %s', (_name, makeAdapter) => {
  let running: Running;
  let proofs: DpopProofs;
  const open: Running[] = [];

  async function start(options: Partial<CountersignOptions> = {}): Promise<Running> {
    const trust = [server.trustEntry(), strict.trustEntry()];
    const module = possessionModule(trust, clock, {
      publicUrl,
      replay: memoryReplay({ clock }),
      ...options,
    });
    const started = await run(module, makeAdapter(), { rawBody: true });
    open.push(started);
    return started;
  }

  const get = (
    path: string,
    headers: Readonly<Record<string, string | readonly string[]>>,
    to = running,
  ) => sendRequest(to.url, 'GET', path, { headers });
  const withProof = async (path: string, accessToken: string, from = proofs) => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await from.proof({ method: 'GET', url: urlOf(path), accessToken }),
  });

  beforeAll(async () => {
    running = await start();
    proofs = proofsOfMine();
  });
  afterAll(() => Promise.all(open.map(({ app }) => app.close())));
  beforeEach(() => {
    ran.length = 0;
    running.decisions.length = 0;
  });

  it('let in who holds the key, again and again, each time with another proof', async () => {
    const token = boundTo(jkt);
    for (let times = 0; times < 3; times += 1)
      expect((await get('/held', await withProof('/held', token))).status).toBe(200);
    expect(ran).toEqual(['held', 'held', 'held']);
  });

  it('let in a client that knows nothing of us', async () => {
    const token = boundTo(jkt);
    const { crv, kty, x, y } = await exportJWK(mine.signingKey);
    const dpop = await new SignJWT({
      htm: 'GET',
      htu: urlOf('/any'),
      ath: accessTokenHash(token),
      jti: 'by jose',
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: { crv, kty, x, y } as never })
      .setIssuedAt(Math.floor(clock.now()))
      .sign(mine.signingKey);
    const answer = await get('/any?page=2', { authorization: `dpop ${token}`, dpop });
    expect(answer.status).toBe(200);
  });

  describe('with a token that was let in before', () => {
    const token = boundTo(jkt);
    const codes = {
      missing: 'PROOF_MISSING',
      invalid: 'PROOF_INVALID',
      another: 'SENDER_MISMATCH',
    };
    const context = (): ProofContext => ({
      key: mine,
      method: 'GET',
      url: urlOf('/any'),
      accessToken: token,
      now: clock.now(),
    });

    beforeAll(async () => {
      expect((await get('/any', await withProof('/any', token))).status).toBe(200);
    });

    it.each(hostileProofs)('refuse $name', async ({ fault, make }) => {
      const sent = make(context());
      const dpop = sent.length > 0 ? { dpop: sent } : {};
      const answer = await get('/any', { authorization: `DPoP ${token}`, ...dpop });
      expect(answer).toMatchObject({ status: 401, body: { code: codes[fault] } });
      expect(answer.headers['www-authenticate']).toMatch(/DPoP realm="census", error="/);
      expect(ran).toEqual([]);
      const lines = JSON.stringify(running.decisions);
      expect(running.decisions).toEqual([expect.objectContaining({ code: codes[fault] })]);
      for (const secret of [token, ...sent])
        if (secret.length > 100) expect(lines).not.toContain(secret.slice(-40));
    });

    it('refuse a proof that was used before', async () => {
      const headers = await withProof('/any', token);
      expect((await get('/any', headers)).status).toBe(200);
      expect(await get('/any', headers)).toMatchObject({
        status: 401,
        body: { code: 'PROOF_REPLAYED' },
      });
      expect(ran).toEqual(['any']);
    });

    it('refuse one of two that use a proof at the same time', async () => {
      const headers = await withProof('/any', token);
      const answers = await Promise.all([1, 2, 3, 4].map(() => get('/any', headers)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
      expect(ran).toEqual(['any']);
    });

    it('refuse it as Bearer, with or without its proof', async () => {
      const { dpop } = await withProof('/any', token);
      for (const also of [{}, { dpop }]) {
        const answer = await get('/any', { authorization: `Bearer ${token}`, ...also });
        expect(answer).toMatchObject({ status: 401, body: { code: 'PROOF_MISSING' } });
        expect(answer.headers['www-authenticate']).toMatch(
          /^Bearer realm="census", error="invalid_token".*, DPoP realm="census", .*algs="RS256 /,
        );
      }
      expect(ran).toEqual([]);
    });

    it('believe no Host', async () => {
      const url = 'https://evil.example/any';
      const dpop = aProof({ ...context(), url });
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        authorization: `DPoP ${token}`,
        dpop,
      };
      expect((await get('/any', headers)).body).toMatchObject({ code: 'PROOF_INVALID' });
    });
  });

  it('do not use up a proof where something else refuses', async () => {
    const headers = await withProof('/closed', boundTo(jkt));
    for (let times = 0; times < 2; times += 1)
      expect((await get('/closed', headers)).body).toMatchObject({ code: 'CALLER_FORBIDDEN' });
  });

  it('use up both, where a token is for single use', async () => {
    const token = boundTo(jkt);
    expect((await get('/once', await withProof('/once', token))).status).toBe(200);
    expect((await get('/once', await withProof('/once', token))).body).toMatchObject({
      code: 'TOKEN_REPLAYED',
    });
  });

  it.each<[name: string, path: string, scheme: string, token: () => string, code: string]>([
    ['an unbound token by DPoP', '/any', 'DPoP', () => good().sign(), 'SENDER_UNCONSTRAINED'],
    [
      'an unbound token where the route wants it bound',
      '/held',
      'Bearer',
      () => good().sign(),
      'SENDER_UNCONSTRAINED',
    ],
    [
      'an unbound token of an issuer whose tokens are bound',
      '/any',
      'Bearer',
      () => good(strict).sign(),
      'SENDER_UNCONSTRAINED',
    ],
    [
      'a token bound to what nobody knows',
      '/any',
      'Bearer',
      () => good().claim('cnf', { kid: 'one' }).sign(),
      'CLAIM_INVALID',
    ],
    [
      'a token bound to a certificate, over plain HTTP',
      '/any',
      'Bearer',
      () =>
        good()
          .claim('cnf', { 'x5t#S256': 'x'.repeat(43) })
          .sign(),
      'PROOF_MISSING',
    ],
  ])('refuse %s', async (_row, path, scheme, make, code) => {
    const token = make();
    const { dpop } = await withProof(path, token);
    const answer = await get(path, { authorization: `${scheme} ${token}`, dpop });
    expect(answer).toMatchObject({ status: 401, body: { code } });
    expect(ran).toEqual([]);
  });

  it('let an unbound token in as before, elsewhere', async () => {
    expect((await get('/any', { authorization: `Bearer ${good().sign()}` })).status).toBe(200);
  });

  it('ask for a nonce, and accept it', async () => {
    const asking = await start({ dpop: { nonces } });
    const client = proofsOfMine();
    const token = boundTo(jkt);
    const first = await get('/any', await withProof('/any', token, client), asking);
    expect(first).toMatchObject({ status: 401, body: { code: 'NONCE_REQUIRED' } });
    expect(first.headers['www-authenticate']).toMatch(
      /^DPoP realm="census", error="use_dpop_nonce", /,
    );
    expect(first.headers['dpop-nonce']).toBe(nonces.current());
    client.remember(urlOf('/'), first.headers['dpop-nonce'] as string);
    const second = await get('/any', await withProof('/any', token, client), asking);
    expect(second.status).toBe(200);
  });

  it('answer 503 when nobody knows which proofs were used', async () => {
    const down: ReplayStore = { use: () => Promise.reject(new Error('down')) };
    const lost = await start({ dpop: { replay: down } });
    const headers = await withProof('/any', boundTo(jkt));
    expect(await get('/any', headers, lost)).toMatchObject({
      status: 503,
      body: { code: 'REPLAY_STORE_UNAVAILABLE' },
    });
    expect(ran).toEqual([]);
  });

  it('are refused where proofs are not checked, by any scheme', async () => {
    const plain = await start({ dpop: 'off' });
    const headers = await withProof('/any', boundTo(jkt));
    const answer = await get('/any', headers, plain);
    expect(answer).toMatchObject({ status: 401, body: { code: 'TOKEN_MISSING' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="census"');
    const bearer = { authorization: `Bearer ${boundTo(jkt)}` };
    expect((await get('/any', bearer, plain)).body).toMatchObject({ code: 'PROOF_MISSING' });
  });

  describe('on bound routes', () => {
    const content = '{"email":"ada@example.org"}';
    const put = async (
      path: string,
      bound: 'body' | 'request' | undefined,
      changes: { readonly body?: string; readonly url?: string } = {},
    ) => {
      const accessToken = boundTo(jkt);
      const dpop = await proofs.proof({
        method: 'PUT',
        url: changes.url ?? urlOf(path),
        accessToken,
        body: Buffer.from(content),
        ...(bound && { bound }),
      });
      return sendRequest(running.url, 'PUT', path, {
        headers: {
          authorization: `DPoP ${accessToken}`,
          dpop,
          'content-type': 'application/json',
        },
        body: changes.body ?? content,
      });
    };

    it('let in a token of an authorization server whose proof is for this request', async () => {
      expect(await put('/body', 'body')).toMatchObject({ status: 200 });
      expect(await put('/whole?a=b', 'request')).toMatchObject({ status: 200 });
      expect(ran).toEqual(['body', 'whole']);
    });

    it('refuse other content, another query, and a proof that says nothing of them', async () => {
      const codes = [
        await put('/body', 'body', { body: '{"email":"eve@example.org"}' }),
        await put('/body', undefined),
        await put('/whole?a=b', 'request', { url: urlOf('/whole?a=c') }),
        await put('/whole?a=b', 'body'),
      ].map(({ body }) => body['code']);
      expect(codes).toEqual([
        'BODY_MISMATCH',
        'CLAIM_INVALID',
        'REQUEST_MISMATCH',
        'REQUEST_MISMATCH',
      ]);
      expect(ran).toEqual([]);
    });
  });

  it('let in a key of every kind that clients have', async () => {
    for (const algorithm of ['ES256', 'EdDSA', 'PS256', 'RS256'] as const) {
      const client = dpopProofs({ key: await generateSigningKey(algorithm), clock });
      const headers = await withProof('/held', boundTo(client.jkt), client);
      expect((await get('/held', headers)).status).toBe(200);
    }
  });
});
