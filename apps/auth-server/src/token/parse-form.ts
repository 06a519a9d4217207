/** Strict reading of `application/x-www-form-urlencoded`: one spelling, one value per name. */
import { TokenError } from './token-error.js';

/** The parameters of a request. A parameter without a value is not there (RFC 6749 section 3.1). */
export interface FormParameters {
  get(name: string): string | undefined;
  /** Every value of `resource`, the one parameter that may be repeated (RFC 8707 section 2). */
  readonly resources: readonly string[];
}

const mostParameters = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const repeatable = 'resource';

/**
 * Parses a form body. Refuses (`invalid_request`) a parameter that is there twice, a broken percent
 * escape, bytes that are not UTF-8, control characters and more than 32 parameters.
 */
export function parseForm(body: Uint8Array): FormParameters {
  const pairs = Buffer.from(body).toString('latin1').split('&');
  if (pairs.length > mostParameters) throw refused('too many parameters');
  const values = new Map<string, string>();
  const resources: string[] = [];
  const seen = new Set<string>();
  for (const pair of pairs.filter((text) => text !== '')) {
    const [name, value] = parsePair(pair);
    if (seen.has(name) && name !== repeatable) throw refused('a parameter is there twice');
    seen.add(name);
    if (value === '') continue;
    if (name === repeatable) resources.push(value);
    else values.set(name, value);
  }
  return { get: (name) => values.get(name), resources };
}

function parsePair(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=');
  const name = decodeFormText(at === -1 ? pair : pair.slice(0, at));
  const value = at === -1 ? '' : decodeFormText(pair.slice(at + 1));
  if (name === undefined || value === undefined) throw refused('a parameter cannot be decoded');
  if (name === '') throw refused('a parameter has no name');
  return [name, value];
}

/**
 * Decodes one form-urlencoded name or value; undefined when it is malformed: a bare percent sign, a
 * byte above ASCII, an escape that is not UTF-8, or a control character.
 */
export function decodeFormText(text: string): string | undefined {
  if (!/^(?:[\x20-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/.test(text)) return undefined;
  const spaced = text.replaceAll('+', ' ');
  const bytes = Buffer.from(
    spaced.replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  );
  try {
    const decoded = utf8.decode(bytes);
    return /\p{Cc}/u.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function refused(reason: string): TokenError {
  return new TokenError('invalid_request', { reason });
}
