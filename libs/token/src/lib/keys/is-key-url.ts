import { isLoopbackHost } from '../is-loopback-host.js';

/**
 * Whether keys may be asked for at this URL: https, or http on a loopback host, without user
 * information and fragment. Everything else (`file:`, `data:`, plain http) would let somebody on
 * the way choose the keys.
 * @internal
 */
export function isKeyUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  return (
    (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) &&
    `${username}${password}${hash}` === ''
  );
}
