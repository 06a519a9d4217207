import 'reflect-metadata';
import { createSigner, memoryReplay, selfIssuedTokens } from '@countersign/token';
import { aToken, createTestIssuer, sendRequest, testClock } from '@countersign/testing';

import type { BootAuditError } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';
import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';

const clock = testClock();
const carrier = 'Bearer' as const;
const aPeer = (name: string, demands: object) =>
  createTestIssuer({ kind: 'service-peer', name, clock, trust: { carrier, ...demands } });
const bound = aPeer('bound', { bound: 'body', singleUse: true });
const wholly = aPeer('wholly', { bound: 'request' });
const plain = aPeer('plain', {});
const server = createTestIssuer({ clock });
const publicUrl = 'https://census.example/';
const trusted = [bound, wholly, plain, server].map((issuer) => issuer.trustEntry());

const tokensOf = ({ issuer, key }: typeof bound) => {
  const signer = createSigner({ algorithm: 'ES256', kid: key.kid, privateKey: key.signingKey });
  return selfIssuedTokens({ issuer, signer, clock });
};

describe.each(adapters)('a peer whose tokens are for one call, on %s', (_name, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    const options = { publicUrl, replay: memoryReplay({ clock }) };
    running = await run(boundModule(trusted, clock, options), makeAdapter(), { rawBody: true });
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    ran.length = 0;
  });

  const post = async (token: string, body: string, path = '/unbound') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await sendRequest(running.url, 'POST', path, { headers, body });
    return answer.status === 200 ? 200 : answer.body['code'];
  };

  it('is let in once with what it signed, on a route that demands nothing', async () => {
    const body = '{"a":1}';
    const token = await tokensOf(bound).token({ audience: CENSUS, body: Buffer.from(body) });
    expect(await post(token, '{"a":2}')).toBe('BODY_MISMATCH');
    expect(await post(token, body)).toBe(200);
    expect(await post(token, body)).toBe('TOKEN_REPLAYED');
    expect(ran).toEqual(['unbound']);
  });

  it('is refused with a token for anything', async () => {
    const token = aToken().from(bound).to(CENSUS).sign();
    expect(await post(token, '{}')).toBe('CLAIM_INVALID');
    expect(ran).toEqual([]);
  });

  it('is held to method and URL where its entry says so', async () => {
    const body = Buffer.from('{}');
    const request = { method: 'POST', url: `${publicUrl}unbound` };
    const tokens = tokensOf(wholly);
    expect(await post(await tokens.token({ audience: CENSUS, body }), '{}')).toBe('CLAIM_INVALID');
    const elsewhere = { method: 'POST', url: `${publicUrl}elsewhere` };
    const astray = await tokens.token({ audience: CENSUS, body, request: elsewhere });
    expect(await post(astray, '{}')).toBe('REQUEST_MISMATCH');
    const token = await tokens.token({ audience: CENSUS, body, request });
    expect([await post(token, '{}'), await post(token, '{}')]).toEqual([200, 200]);
  });

  it.each([
    ['another peer', plain],
    ['an authorization server', server],
  ])('demands nothing of the tokens of %s', async (_who, issuer) => {
    const token = aToken().from(issuer).to(CENSUS).sign();
    expect([await post(token, '{"a":1}'), await post(token, '{"a":2}')]).toEqual([200, 200]);
  });

  it('is still held to what a route demands besides', async () => {
    const token = await tokensOf(bound).token({ audience: CENSUS });
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await sendRequest(running.url, 'DELETE', '/once', { headers });
    expect(body['code']).toBe('CLAIM_INVALID');
  });
});

describe.each(adapters)('an application on %s', (_name, makeAdapter) => {
  const start = (issuer: typeof bound, rawBody: boolean) =>
    run(boundModule([issuer.trustEntry()], clock, { publicUrl, replay: 'off' }), makeAdapter(), {
      rawBody,
    });

  it('does not start without the bytes that the trust in a peer demands', async () => {
    const refusal: unknown = await start(bound, false).catch((error: unknown) => error);
    const problems = (refusal as BootAuditError).findings.map(({ handler, problem }) => [
      handler,
      problem,
    ]);
    expect(Object.fromEntries(problems)).toMatchObject({
      'BoundController.unbound': expect.stringMatching(/^for tokens of 'bound' .*rawBody: true/),
    });
  });
});
