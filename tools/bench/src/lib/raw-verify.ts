import { generateKeyPairSync, sign, verify } from 'node:crypto';

/** The physical limit: CPU microseconds of one bare verification of a token-sized message. */
export function rawVerifyMicros(count: number, algorithm: 'ES256' | 'RS256' = 'ES256'): number {
  const { privateKey, publicKey } = pairFor(algorithm);
  const message = Buffer.alloc(400, 'a');
  const dsaEncoding = 'ieee-p1363';
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding });
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++)
    if (!verify('sha256', message, { key: publicKey, dsaEncoding }, signature))
      throw new Error('a signature did not verify');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function pairFor(algorithm: 'ES256' | 'RS256') {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
}
