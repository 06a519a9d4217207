import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';

import 'reflect-metadata';
import { decryptionKeys, encryptJwt } from '@countersign/token';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule } from './census.module.js';

const newKey = (kid: string): { readonly open: JsonWebKey; readonly seal: JsonWebKey } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    open: { ...privateKey.export({ format: 'jwk' }), kid },
    seal: { ...publicKey.export({ format: 'jwk' }), kid },
  };
};

describe.each(adapters)('decryption keys that change, on %s', (_, makeAdapter) => {
  const clock = testClock();
  const server = createTestIssuer({ clock, trust: { subjects: [`${CENSUS}user/`] } });
  const before = newKey('before');
  const after = newKey('after');
  const keys = decryptionKeys([before.open]);
  let running: Running;

  beforeAll(async () => {
    const module = censusModule([server.trustEntry()], clock, 'refused', keys);
    running = await run(module, makeAdapter());
  });
  afterAll(() => running?.app.close());

  const ask = async (recipient: JsonWebKey): Promise<unknown> => {
    const token = aToken().from(server).to(CENSUS).onBehalfOf(`${CENSUS}user/42/`).sign();
    const authorization = `Bearer ${await encryptJwt(token, recipient)}`;
    const answer = await fetch(`${running.url}/user/principal`, { headers: { authorization } });
    return answer.status === 200 ? 200 : ((await answer.json()) as { code: string }).code;
  };

  it('open tokens for the new key from then on, and none for one that left', async () => {
    expect([await ask(before.seal), await ask(after.seal)]).toEqual([200, 'DECRYPTION_FAILED']);
    keys.replace([before.open, after.open]);
    expect([await ask(before.seal), await ask(after.seal)]).toEqual([200, 200]);
    keys.replace([after.open]);
    expect([await ask(before.seal), await ask(after.seal)]).toEqual(['DECRYPTION_FAILED', 200]);
  });
});
