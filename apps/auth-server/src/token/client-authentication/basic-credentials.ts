import { decodeFormText } from '../parse-form.js';

/** A client id with its secret, believed by nobody yet. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Reads `Basic` credentials (RFC 7617), whose id and secret are form-urlencoded within
 * (RFC 6749 section 2.3.1). Undefined for another scheme and for anything malformed.
 */
export function basicCredentials(header: string): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  // Outside ASCII nothing has to be looked for: form-urlencoding escapes it.
  const text = bytes.toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const id = decodeFormText(text.slice(0, colon));
  const secret = decodeFormText(text.slice(colon + 1));
  return id && secret ? { id, secret } : undefined;
}
