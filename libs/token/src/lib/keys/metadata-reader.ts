import { documentReader } from './document-reader.js';
import type { FreshDocument, ReaderOptions } from './document-reader.js';
import { isKeyUrl } from './is-key-url.js';
import { KeySourceError } from './key-source.js';

type Read = () => Promise<FreshDocument>;

/** Which metadata is read, and within which bounds. @publicApi */
export interface MetadataReaderOptions extends ReaderOptions {
  /** Asks only for the document of OpenID Connect Discovery. */
  readonly document?: 'openid';
}

/** Metadata of one issuer. @internal */
export interface MetadataReader {
  /** For logs: the document that is asked for first. */
  readonly location: string;
  readonly read: Read;
}

/**
 * Reads an authorization server's metadata (RFC 8414 section 3); where there is
 * none, as at most OpenID providers, that of OpenID Connect Discovery (RFC 8414 section 5).
 *
 * Rejects with a {@link KeySourceError} metadata whose `issuer` is not exactly this one (section 3.3:
 * mix-up), and what cannot be read. Throws a TypeError for an issuer that is not https, nor http on a
 * loopback host.
 * @internal
 */
export function metadataReader(issuer: string, options: MetadataReaderOptions): MetadataReader {
  const isOpenId = options.document === 'openid';
  const location = isOpenId ? openIdUrl(issuer) : metadataUrl(issuer);
  const first = documentReader(location, options);
  const read = isOpenId ? first : firstFound([first, documentReader(openIdUrl(issuer), options)]);
  return {
    location,
    read: async () => {
      const fresh = await read();
      if (fresh.document['issuer'] === issuer) return fresh;
      throw new KeySourceError(`${location} names another issuer`);
    },
  };
}

/** RFC 8414 section 3.1: the well-known part goes between host and path. @internal */
export function metadataUrl(issuer: string): string {
  checkIssuer(issuer);
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
}

/** OpenID Connect Discovery section 4: behind the path of the issuer, not before it. */
function openIdUrl(issuer: string): string {
  checkIssuer(issuer);
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function checkIssuer(issuer: string): void {
  if (isKeyUrl(issuer)) return;
  throw new TypeError(
    `issuer must be an https URL, or http on a loopback host, got ${String(issuer)}`,
  );
}

/**
 * Reads the first document, or the second where there is no first, and from then on that one. Only a
 * server that says it has none is asked for the second: an outage must not look like another kind of
 * server.
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
