import { generateKeyPairSync } from 'node:crypto';

import 'reflect-metadata';
import { encryptJwt, type AccessErrorCode } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  fitsHeader,
  hostileEncryptedTokens,
  hostileTokens,
  testClock,
} from '@countersign/testing';

import { CENSUS, censusModule, ran } from './census.module.js';
import { transports, type Service, type Target } from './transports.js';

const clock = testClock();
const trust = { subjects: [`${CENSUS}user/`], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const subject = `${CENSUS}user/42/`;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const recipient = { ...publicKey.export({ format: 'jwk' }), kid: 'enc-1', use: 'enc' };
const context = { server, peer, audience: CENSUS, subject, recipient };
const travelling = hostileTokens.filter(({ make }) => fitsHeader(make(context)));
const target: Target = { path: '/user/principal', pattern: 'user.principal' };

describe.each(transports)('hostile tokens over %s', (transport, start) => {
  let service: Service;

  beforeAll(async () => {
    const trusted = [server.trustEntry(), peer.trustEntry()];
    const decryption = [{ ...privateKey.export({ format: 'jwk' }), kid: 'enc-1' }];
    service = await start(censusModule(trusted, clock, 'refused', decryption));
  });
  afterAll(() => service.close());

  const ask = (token: string) => service.call(target, { authorization: `Bearer ${token}` });

  async function expectRefusal(token: string, code: AccessErrorCode): Promise<void> {
    ran.length = 0;
    service.decisions.length = 0;
    expect(await ask(token)).toMatchObject({ code });
    expect(ran).toEqual([]);
    expect(service.decisions).toEqual([expect.objectContaining({ code })]);
  }

  it.each(travelling)('refuses $name with $code', async ({ code, make }) => {
    await expectRefusal(make(context), code);
  });

  it.each(hostileEncryptedTokens)('refuses, encrypted, $name with $code', async (hostile) => {
    const token = await hostile.make(context);
    await expectRefusal(token, fitsHeader(token) ? hostile.code : 'CREDENTIALS_MALFORMED');
  });

  // What HTTP cannot carry, messages can. A blank more after the scheme is RFC 9110 section 11.4.
  const others = hostileTokens.filter((row) => !travelling.includes(row));
  if (transport === 'TCP')
    it.each(others.filter(({ make }) => !make(context).startsWith(' ')))(
      'refuses $name, which no header field holds',
      async ({ make }) => {
        const { code } = await ask(make(context));
        expect(['CREDENTIALS_MALFORMED', 'TOKEN_MISSING']).toContain(code);
      },
    );

  it('lets a good token in, encrypted or not, after all of them', async () => {
    const good = aToken().from(server).to(CENSUS).onBehalfOf(subject).sign();
    for (const token of [good, await encryptJwt(good, recipient)])
      expect(await ask(token)).toEqual({});
  });
});
