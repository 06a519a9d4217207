import { generateKeyPairSync } from 'node:crypto';

import { createTrustRegistry, decryptionKeys, encryptJwt, verifyToken } from '@countersign/token';
import type { VerificationPolicy } from '@countersign/token';

import {
  createTestIssuer,
  hostileEncryptedTokens,
  hostileTokens,
  testClock,
} from '../src/index.js';
import { goodAccessToken } from '../src/lib/hostile/hostile-token.js';

const clock = testClock();
const trust = { subjects: ['https://census.example/user/'], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const recipient = { ...publicKey.export({ format: 'jwk' }), kid: 'enc-1', use: 'enc' };
const subject = 'https://census.example/user/42/';
const context = { server, peer, audience: 'https://census.example/', subject, recipient };

const policy: VerificationPolicy = {
  trust: createTrustRegistry([server.trustEntry(), peer.trustEntry()], { clock }),
  clock,
  clockTolerance: 10,
  maxTokenBytes: 8192,
  decryption: decryptionKeys([{ ...privateKey.export({ format: 'jwk' }), kid: 'enc-1' }]),
};

const judge = async (token: string, by = policy): Promise<unknown> => {
  try {
    await verifyToken({ token, carrier: 'Bearer' }, by);
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
};

describe('encrypted tokens', () => {
  const encrypted = () => encryptJwt(goodAccessToken(context).sign(), recipient);

  it('opens one that is good, and takes one that is not encrypted as before', async () => {
    expect(await judge(await encrypted())).toBe('accepted');
    expect(await judge(goodAccessToken(context).sign())).toBe('accepted');
  });

  it('are malformed where nothing can open them', async () => {
    const without = { ...policy, decryption: undefined };
    expect(await judge(await encrypted(), without)).toBe('TOKEN_MALFORMED');
  });

  it.each(hostileEncryptedTokens)('refuses $name with $code', async ({ code, make }) => {
    expect(await judge(await make(context))).toBe(code);
  });

  it('refuses an encrypted token inside an encrypted token', async () => {
    const inner = await encrypted();
    await expect(encryptJwt(inner, recipient)).rejects.toThrow('jws must be a signed compact JWT');
  });

  it.each(hostileTokens.filter(({ stage }) => stage === 'verify'))(
    'refuses, unencrypted or not, $name with $code',
    async ({ code, make }) => {
      const token = make(context);
      expect(await judge(token)).toBe(code);
      if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || token.length > 4096) return;
      expect(await judge(await encryptJwt(token, recipient))).toBe(code);
    },
  );
});
