import { systemClock } from '../clock.js';
import type { Clock, JsonObject } from '../types.js';
import { documentReader } from './document-reader.js';
import type { FreshDocument, ReaderOptions } from './document-reader.js';
import { isKeyUrl } from './is-key-url.js';
import { jwksSource } from './jwks-source.js';
import { KeySourceError } from './key-source.js';
import type { KeySource } from './key-source.js';

type Read = () => Promise<FreshDocument>;

/** How an authorization server's keys are discovered. @publicApi */
export interface MetadataOptions extends ReaderOptions {
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
  const location = metadataUrl(issuer);
  const clock = options.clock ?? systemClock;
  const read = firstFound([
    documentReader(location, options),
    documentReader(openIdUrl(issuer), options),
  ]);
  const origins = [new URL(issuer).origin, ...(options.jwksOrigins ?? [])];
  let keys: KeySource | undefined;
  let freshUntil = -Infinity;

  return Object.freeze({
    location,
    read: async () => {
      if (keys === undefined || clock.monotonic() >= freshUntil) {
        const { document, maxAge } = await read();
        const url = jwksUrl(document, issuer, origins, location);
        options.onMetadata?.(document);
        if (keys?.location !== url) keys = jwksSource(url, options);
        freshUntil = clock.monotonic() + maxAge * 1000;
      }
      return keys.read();
    },
  });
}

/** RFC 8414 section 3.1: the well-known part goes between host and path. @internal */
export function metadataUrl(issuer: string): string {
  if (!isKeyUrl(issuer)) {
    throw new TypeError(
      `issuer must be an https URL, or http on a loopback host, got ${String(issuer)}`,
    );
  }
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
}

/** OpenID Connect Discovery section 4: behind the path of the issuer, not before it. */
function openIdUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/**
 * Reads the first document, or the second where there is no first, and from then on that one. Only a server that says it has
 * none is asked for the second: an outage must not look like another kind of server.
 */
function firstFound([first, second]: readonly [Read, Read]): Read {
  let found: Read | undefined;
  return async () => {
    if (found !== undefined) return found();
    try {
      return await first();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      const document = await second().catch((other: unknown) => {
        throw isAbsent(other) ? error : other;
      });
      found = second;
      return document;
    }
  };
}

function isAbsent(error: unknown): boolean {
  return error instanceof KeySourceError && error.status === 404;
}

function jwksUrl(
  metadata: JsonObject,
  issuer: string,
  origins: readonly string[],
  location: string,
): string {
  const { issuer: named, jwks_uri: url } = metadata;
  if (named !== issuer) throw new KeySourceError(`${location} names another issuer`);
  if (!isKeyUrl(url)) throw new KeySourceError(`${location} names no https jwks_uri`);
  if (!origins.includes(new URL(url).origin)) {
    throw new KeySourceError(`${location} names a jwks_uri at another origin than its issuer`);
  }
  return url;
}
