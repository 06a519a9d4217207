/** Strict reading of `application/x-www-form-urlencoded`: one spelling, one value per name. */
import { TokenError } from './token-error.js';

/** The parameters of a request. A parameter without a value is not there (RFC 6749 section 3.1). */
export interface FormParameters {
  get(name: string): string | undefined;
  /** Every value of `resource`, which may be repeated (RFC 8707 section 2). */
  readonly resources: readonly string[];
  /** Every value of `audience`, which may be repeated (RFC 8693 section 2.1). */
  readonly audiences: readonly string[];
}

const mostParameters = 32;
/** What needs no decoding, and so almost everything that honest clients send. */
const plain = /^[A-Za-z0-9\-._~:/]*$/;

/**
 * Parses a form body. Refuses (`invalid_request`) a parameter that is there twice, a broken percent
 * escape, bytes that are not UTF-8, control characters and more than 32 parameters.
 */
export function parseForm(body: Uint8Array): FormParameters {
  const pairs = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('latin1')
    .split('&');
  if (pairs.length > mostParameters) throw refused('too many parameters');
  const values = new Map<string, string>();
  const resources: string[] = [];
  const audiences: string[] = [];
  for (const pair of pairs) {
    if (pair === '') continue;
    const [name, value] = parsePair(pair);
    if (name === 'resource') addText(resources, value);
    else if (name === 'audience') addText(audiences, value);
    else if (values.has(name)) throw refused('a parameter is there twice');
    else values.set(name, value);
  }
  return { get: (name) => values.get(name) || undefined, resources, audiences };
}

function addText(values: string[], value: string): void {
  if (value !== '') values.push(value);
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
  if (plain.test(text)) return text;
  if (!/^(?:[\x20-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/.test(text)) return undefined;
  try {
    // Strict about UTF-8: overlong forms, surrogates and cut sequences throw.
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    return /\p{Cc}/u.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function refused(reason: string): TokenError {
  return new TokenError('invalid_request', { reason });
}
