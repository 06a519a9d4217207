import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Client, Registry, SecretDigest } from '../../registry/registry.js';
import { TokenError } from '../token-error.js';
import { briefId } from './brief-id.js';
import type { PresentedCredentials } from './presented-credentials.js';

/** What an unknown client's secret is compared with; nothing hashes to it. */
const dummy: readonly SecretDigest[] = [
  { id: '', label: '', digest: randomBytes(32), expiresAt: undefined },
];

/**
 * The client whose credentials these are. An unknown client, a wrong secret and an expired one are
 * the same refusal (`invalid_client`) after the same work: nobody learns which ids exist.
 */
export function authenticateClient(
  presented: PresentedCredentials,
  registry: Registry,
  now: number,
): Client {
  const client = registry.find(presented.id);
  const digest = createHash('sha256').update(presented.secret, 'utf8').digest();
  const secrets = client && client.secrets.length > 0 ? client.secrets : dummy;
  // Every secret is compared, also after a match: the time says nothing about which one it was.
  const matches = secrets.filter((secret) => timingSafeEqual(secret.digest, digest));
  const isLive = matches.some(({ expiresAt }) => expiresAt === undefined || now < expiresAt);
  if (client && isLive) return client;
  throw new TokenError('invalid_client', {
    reason: reasonOf(client, matches),
    challenge: presented.method === 'client_secret_basic',
    client: client?.id ?? briefId(presented.id),
  });
}

function reasonOf(client: Client | undefined, matches: readonly SecretDigest[]): string {
  if (!client) return 'unknown client';
  return matches.length > 0 ? 'the secret has expired' : 'wrong secret';
}
