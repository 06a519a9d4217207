import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { Client, SecretDigest } from '../../registry/registry.js';

/** What an unknown client's secret is compared with; nothing hashes to it. */
const dummy: readonly SecretDigest[] = [
  { id: '', label: '', digest: randomBytes(32), expiresAt: undefined },
];

/** A secret that a digest fits, and whether it still may be used. */
export interface MatchingSecret {
  readonly id: string;
  readonly isLive: boolean;
}

/**
 * The secret of a client that has this digest. Every secret is compared, also after a match, and a
 * client that does not exist or has none costs one comparison, too: the time says nothing.
 */
export function matchingSecret(
  client: Client | undefined,
  digest: Buffer,
  now: number,
): MatchingSecret | undefined {
  const secrets = client && client.secrets.length > 0 ? client.secrets : dummy;
  let match: MatchingSecret | undefined;
  for (const secret of secrets) {
    if (!timingSafeEqual(secret.digest, digest)) continue;
    const { id, expiresAt } = secret;
    const isLive = expiresAt === undefined || now < expiresAt;
    if (isLive || match === undefined) match = { id, isLive };
  }
  return match;
}
