import { systemClock } from '../clock.js';
import type { Clock } from '../types.js';
import type { ReaderOptions } from './document-reader.js';
import { isKeyUrl } from './is-key-url.js';
import { KeySourceError } from './key-source.js';
import { metadataReader } from './metadata-reader.js';

/**
 * Makes a function that tells the URL of one endpoint of an authorization server, by its metadata;
 * many who ask at once cost one reading. While metadata cannot be read again, the endpoint is where
 * it was.
 *
 * Rejects with a KeySourceError when it is not known yet and cannot be read, and when it lies at
 * another origin than the issuer's: what is sent there is secret, and must not follow a document.
 * @internal
 */
export function metadataEndpoint(
  issuer: string,
  member: 'token_endpoint' | 'introspection_endpoint',
  options: ReaderOptions & { readonly clock?: Clock | undefined } = {},
): () => Promise<string> {
  const { clock = systemClock } = options;
  const { read } = metadataReader(issuer, options);
  const { origin } = new URL(issuer);
  let known: { readonly url: string; readonly until: number } | undefined;
  let reading: Promise<string> | undefined;

  const refresh = async (): Promise<string> => {
    const { document, maxAge } = await read();
    const url = document[member];
    if (!isKeyUrl(url)) throw new KeySourceError(`${issuer} names no https ${member}`);
    if (new URL(url).origin !== origin)
      throw new KeySourceError(`${issuer} names a ${member} at another origin than its own`);
    known = { url, until: clock.monotonic() + maxAge * 1000 };
    return url;
  };

  return async () => {
    if (known !== undefined && clock.monotonic() < known.until) return known.url;
    reading ??= refresh().finally(() => {
      reading = undefined;
    });
    try {
      return await reading;
    } catch (error) {
      if (known === undefined) throw error;
      return known.url;
    }
  };
}
