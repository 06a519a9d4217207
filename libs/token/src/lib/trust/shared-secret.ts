import { checkOption } from '../check-option.js';
import type { Algorithm } from '../types.js';
import { servicePeer } from './service-peer.js';
import type { ServicePeerOptions } from './service-peer.js';
import { isSymmetric } from './trust-entry.js';
import type { TrustEntry } from './trust-entry.js';

/** How far a service is trusted that signs with a secret we share. @publicApi */
export interface SharedSecretOptions extends Omit<ServicePeerOptions, 'jwks' | 'networks'> {
  /** The secret itself: bytes, or a text that stands for its UTF-8 bytes. */
  readonly secret: string | Uint8Array;
  /** One of HS256 (unless told), HS384, HS512. */
  readonly algorithms?: readonly Algorithm[];
}

const fewestBytes = 32;

/**
 * Trusts the tokens of a service that signs with a secret both sides know, under our own `name` for
 * it. Each that holds the secret can make tokens in the name of the other: keys are better.
 *
 * Refuses with a TypeError that names the option: a secret under 256 bits or shorter than the hash
 * (RFC 7518 section 3.2), other algorithms than one HS*, and what `servicePeer` refuses. The secret
 * is kept in a KeyObject only, made once.
 *
 * @example
 * sharedSecret('shop', { issuer: 'https://shop.example/', secret: config.SHOP_SECRET, carrier: 'JWT' })
 * @publicApi
 */
export function sharedSecret(name: string, settings: SharedSecretOptions): TrustEntry {
  const { secret, algorithms = ['HS256'], ...peer } = settings;
  checkOption(
    Array.isArray(algorithms) && algorithms.length === 1 && isSymmetric(algorithms),
    'algorithms',
    'be one of HS256, HS384, HS512 for a shared secret',
  );
  checkOption(
    typeof secret === 'string' || secret instanceof Uint8Array,
    'secret',
    'be bytes or a text',
  );
  const bytes = Buffer.from(secret as string);
  checkOption(bytes.length >= fewestBytes, 'secret', `have at least ${fewestBytes * 8} bits`);
  checkOption(!('jwks' in peer), 'jwks', 'be left out: the secret is the key');
  const jwks = [{ kty: 'oct', k: bytes.toString('base64url') }];
  return servicePeer(name, { ...peer, algorithms, jwks });
}
