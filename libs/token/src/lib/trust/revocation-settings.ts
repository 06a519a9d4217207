import { checkOption, refuseUnknownOptions } from '../check-option.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';

/** How the revocations of an authorization server are followed. @publicApi */
export interface RevocationOptions {
  /** Where its feed is, when not where its metadata (`revocation_feed_endpoint`) says. */
  readonly url?: string;
  /** How old knowledge of revocations may be: 5 s to 1 h, 30 s unless told. */
  readonly maxStale?: Duration;
  /**
   * When it is older, and before the first answer: `accept` believes tokens that hold otherwise,
   * `refuse` answers 503. `accept` unless told.
   */
  readonly onStale?: 'accept' | 'refuse';
}

/** The same, checked and complete. @publicApi */
export interface RevocationSettings {
  readonly url: string | undefined;
  /** Seconds. */
  readonly maxStale: number;
  readonly onStale: 'accept' | 'refuse';
  /** Whether somebody asked for it; else the feed is followed only if the metadata names one. */
  readonly isExplicit: boolean;
}

const known: Readonly<Record<keyof RevocationOptions, true>> = {
  url: true,
  maxStale: true,
  onStale: true,
};

/**
 * Reads the option; `off` is `undefined`. A TypeError names the member at fault.
 * @internal
 */
export function revocationSettings(
  option: RevocationOptions | 'off' | undefined,
): RevocationSettings | undefined {
  if (option === 'off') return undefined;
  checkOption(
    option === undefined || (typeof option === 'object' && option !== null),
    'revocation',
    "be options or 'off'",
  );
  const { url, onStale = 'accept', maxStale = '30s' } = option ?? {};
  refuseUnknownOptions(option ?? {}, known);
  checkOption(
    url === undefined || isKeyUrl(url),
    'revocation.url',
    'be an https URL, or http on a loopback host',
  );
  checkOption(
    ['accept', 'refuse'].includes(onStale),
    'revocation.onStale',
    "be 'accept' or 'refuse'",
  );
  const seconds = toSeconds(maxStale, 'revocation.maxStale');
  checkOption(seconds >= 5 && seconds <= 3600, 'revocation.maxStale', 'be 5s to 1h');
  return Object.freeze({ url, maxStale: seconds, onStale, isExplicit: option !== undefined });
}
