import { generateKeyPairSync } from 'node:crypto';

import 'reflect-metadata';
import { accessErrors, encryptJwt, type AccessErrorCode, type ErrorSpec } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  fitsHeader,
  hostileEncryptedTokens,
  hostileTokens,
  testClock,
} from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule, ran } from './census.module.js';

const clock = testClock();
const trust = { subjects: [`${CENSUS}user/`], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const subject = `${CENSUS}user/42/`;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const recipient = { ...publicKey.export({ format: 'jwk' }), kid: 'enc-1', use: 'enc' };
const context = { server, peer, audience: CENSUS, subject, recipient };
const travelling = hostileTokens.filter(({ make }) => fitsHeader(make(context)));

describe.each(adapters)('hostile tokens on %s', (_, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    const trusted = [server.trustEntry(), peer.trustEntry()];
    const decryption = [{ ...privateKey.export({ format: 'jwk' }), kid: 'enc-1' }];
    running = await run(censusModule(trusted, clock, 'refused', decryption), makeAdapter());
  });
  afterAll(() => running.app.close());

  const ask = (token: string) =>
    fetch(`${running.url}/user/principal`, { headers: { authorization: `Bearer ${token}` } });

  async function expectRefusal(token: string, code: AccessErrorCode): Promise<void> {
    ran.length = 0;
    const response = await ask(token);
    const spec: ErrorSpec = accessErrors[code];
    expect(await response.json()).toMatchObject({ code, status: spec.status });
    expect(response.status).toBe(spec.status);
    expect(ran).toEqual([]);
  }

  it.each(travelling)('refuses $name with $code', async ({ code, make }) => {
    await expectRefusal(make(context), code);
  });

  it.each(hostileEncryptedTokens)('refuses, encrypted, $name with $code', async (hostile) => {
    const token = await hostile.make(context);
    await expectRefusal(token, fitsHeader(token) ? hostile.code : 'CREDENTIALS_MALFORMED');
  });

  it('lets a good token in, encrypted or not, after all of them', async () => {
    const good = aToken().from(server).to(CENSUS).onBehalfOf(subject).sign();
    for (const token of [good, await encryptJwt(good, recipient)])
      expect((await ask(token)).status).toBe(200);
  });
});
