/**
 * Whether a host name, as `URL` writes it, is this machine: `localhost`, 127.0.0.0/8 or `[::1]`
 * (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). What travels there, nobody on the way can read
 * or change.
 * @publicApi
 */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
