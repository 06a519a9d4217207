import { createHmac } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import { toSeconds, type Duration } from '../to-seconds.js';
import type { Clock } from '../types.js';
import { sameText } from './same-text.js';

/** What {@link dpopNonces} needs. @publicApi */
export interface DpopNoncesOptions {
  /**
   * Random bytes, 32 at least, that all replicas share: the first makes nonces, the others still
   * check them, while secrets rotate.
   */
  readonly secrets: readonly Uint8Array[];
  /** How long a nonce is accepted at most; at least half as long. 5 min unless told, 2 s to 1 h. */
  readonly lifetime?: Duration;
  readonly clock?: Clock;
}

/** Nonces of a server for DPoP proofs (RFC 9449 section 8). @publicApi */
export interface DpopNonces {
  /** The nonce that the next proof should hold. */
  current(): string;
  accepts(nonce: string): boolean;
}

const fewestBytes = 32;
const nonceBytes = 16;

/**
 * Makes nonces that nothing has to be remembered of: a MAC over the half lifetime that it is now. So
 * replicas with the same secrets accept each other's, and a restart loses none. The nonces of this,
 * the last and the next half lifetime are accepted: replicas whose clocks differ a little agree.
 *
 * A nonce shows that a proof was made lately, not in stock; it may be used in many proofs. Refuses
 * with a TypeError that names the option: no secret, one under 32 bytes, a lifetime out of bounds.
 *
 * @example
 * const nonces = dpopNonces({ secrets: [Buffer.from(config.DPOP_NONCE_SECRET, 'base64url')] });
 * @publicApi
 */
export function dpopNonces(options: DpopNoncesOptions): DpopNonces {
  const { clock = systemClock } = options;
  const lifetime = toSeconds(options.lifetime ?? '5m', 'lifetime');
  checkOption(lifetime >= 2 && lifetime <= 3600, 'lifetime', 'be 2s to 1h');
  const { secrets } = options;
  const areLong = (secret: unknown) => secret instanceof Uint8Array && secret.length >= fewestBytes;
  checkOption(
    Array.isArray(secrets) && secrets.length > 0 && secrets.every(areLong),
    'secrets',
    `be one or more secrets of at least ${fewestBytes} bytes`,
  );
  const kept = secrets.map((secret) => Buffer.from(secret)) as [Buffer, ...Buffer[]];
  const step = () => Math.floor(clock.now() / (lifetime / 2));

  return Object.freeze<DpopNonces>({
    current: () => nonceOf(kept[0], step()),
    accepts: (nonce) => {
      const now = step();
      // All are compared: how long it takes tells nothing.
      const same = kept.flatMap((secret) =>
        [now, now - 1, now + 1].map((at) => sameText(nonce, nonceOf(secret, at))),
      );
      return same.includes(true);
    },
  });
}

function nonceOf(secret: Buffer, step: number): string {
  const mac = createHmac('sha256', secret).update(`dpop-nonce ${step}`).digest();
  return mac.subarray(0, nonceBytes).toString('base64url');
}
