import { systemClock } from '../clock.js';
import type { Clock, JsonObject } from '../types.js';
import { isKeyUrl } from './is-key-url.js';
import { jwksSource } from './jwks-source.js';
import { KeySourceError } from './key-source.js';
import type { KeySource } from './key-source.js';
import { metadataReader, type MetadataReaderOptions } from './metadata-reader.js';

/** How an authorization server's keys are discovered. @publicApi */
export interface MetadataOptions extends MetadataReaderOptions {
  readonly clock?: Clock;
  /** Origins besides the issuer's own at which its `jwks_uri` may lie. */
  readonly jwksOrigins?: readonly string[];
  /** Shown every metadata document that names this issuer. */
  readonly onMetadata?: (metadata: JsonObject) => void;
}

/**
 * The key set that an authorization server's metadata points to (RFC 8414 section 3); where there is
 * none, as at most OpenID providers, that of OpenID Connect Discovery (RFC 8414 section 5).
 *
 * A read refuses with a {@link KeySourceError} metadata whose `issuer` is not exactly this one
 * (section 3.3: mix-up), and a `jwks_uri` at another origin than the issuer's that is not listed.
 * Metadata is read again when it is no longer fresh. It is an outage, never a refusal, when it
 * cannot be read.
 * @publicApi
 */
export function metadataSource(issuer: string, options: MetadataOptions = {}): KeySource {
  const { location, read } = metadataReader(issuer, options);
  const clock = options.clock ?? systemClock;
  const origins = [new URL(issuer).origin, ...(options.jwksOrigins ?? [])];
  let keys: KeySource | undefined;
  let freshUntil = -Infinity;

  return Object.freeze({
    location,
    read: async () => {
      if (keys === undefined || clock.monotonic() >= freshUntil) {
        const { document, maxAge } = await read();
        const url = jwksUrl(document, origins, location);
        options.onMetadata?.(document);
        if (keys?.location !== url) keys = jwksSource(url, options);
        freshUntil = clock.monotonic() + maxAge * 1000;
      }
      return keys.read();
    },
  });
}

function jwksUrl(
  { jwks_uri: url }: JsonObject,
  origins: readonly string[],
  location: string,
): string {
  if (!isKeyUrl(url)) throw new KeySourceError(`${location} names no https jwks_uri`);
  if (!origins.includes(new URL(url).origin)) {
    throw new KeySourceError(`${location} names a jwks_uri at another origin than its issuer`);
  }
  return url;
}
