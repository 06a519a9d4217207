import { randomFillSync } from 'node:crypto';

const length = 16;
const pool = Buffer.alloc(256 * length);
let used = pool.length;

/**
 * A `jti`: 128 random bits in base64url. Drawn from a pool, because asking the system for each costs
 * more than all else in a token but its signature; an id is no secret.
 */
export function tokenId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.toString('base64url', used - length, used);
}
