import { falseActors } from './false-actors.js';
import { falseClaims } from './false-claims.js';
import { forgedTokens } from './forged-tokens.js';
import type { HostileToken } from './hostile-token.js';
import { malformedTokens } from './malformed-tokens.js';

/**
 * Every hostile token, each with the code that must refuse it.
 *
 * Over HTTP some cannot travel: those for which {@link fitsHeader} is false must be refused too, but
 * as malformed credentials, or by the HTTP parser.
 *
 * @example
 * it.each(hostileTokens)('refuses $name with $code', async ({ code, make }) => {
 *   await expect(verify(make({ server, peer, audience, subject }))).rejects.toMatchObject({ code });
 * });
 * @publicApi
 */
export const hostileTokens: readonly HostileToken[] = [
  ...malformedTokens,
  ...forgedTokens,
  ...falseClaims,
  ...falseActors,
];

/** Whether a token keeps to the grammar of bearer credentials (RFC 6750 section 2.1). @publicApi */
export function fitsHeader(token: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
}
