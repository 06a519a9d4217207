import { JwksClient } from 'jwks-rsa';

import type { Json } from '../types.js';
import { documentReader } from './document-reader.js';
import type { ReaderOptions } from './document-reader.js';
import { isKeyUrl } from './is-key-url.js';
import { KeySourceError } from './key-source.js';
import type { KeySource } from './key-source.js';

const maxKeys = 100;

/**
 * The key set at a URL (RFC 7517), read anew at each call.
 *
 * Refuses with a TypeError a URL that is neither https nor http on a loopback host; a read refuses
 * with a {@link KeySourceError} whatever the bounded reader refuses (256 KB, 3 s, no redirects), a
 * document without a `keys` array, and more than 100 keys.
 * @publicApi
 */
export function jwksSource(url: string, options: ReaderOptions = {}): KeySource {
  if (!isKeyUrl(url)) {
    throw new TypeError(
      `jwks must be an https URL, or http on a loopback host, got ${String(url)}`,
    );
  }
  const read = documentReader(url, options);
  let maxAge = 0;
  // jwks-rsa only asks: its own requests hang on a dripping answer and read without limit.
  const client = new JwksClient({
    jwksUri: url,
    cache: false,
    rateLimit: false,
    fetcher: async () => {
      const fresh = await read();
      maxAge = fresh.maxAge;
      return { keys: fresh.document['keys'] };
    },
  });
  return Object.freeze({
    location: url,
    read: async () => {
      const keys: unknown = await client.getKeys();
      if (!Array.isArray(keys)) throw new KeySourceError(`${url} answered no array of keys`);
      if (keys.length > maxKeys) throw new KeySourceError(`${url} answered over ${maxKeys} keys`);
      return { keys: keys as readonly Json[], maxAge };
    },
  });
}
