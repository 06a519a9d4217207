import { refuse } from '../refuse.js';
import type { HeaderFields } from '../types.js';

// RFC 9110 section 8.3.1; a parameter's value as a token or as a quoted string.
const mediaType = /^([!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+)[ \t]*/;
const parameter =
  /;[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)=([!#$%&'*+\-.^_`|~\w]+|"(?:[^"\\]|\\.)*")[ \t]*)?/y;

/** What every parser reads as the same characters. */
const charsets: readonly string[] = ['utf-8', 'us-ascii'];

/**
 * Refuses with ENCODING_REFUSED (415) content whose bytes do not say alone what they mean: a
 * content coding, a transfer coding besides chunked, several parts, a charset other than UTF-8 or
 * US-ASCII, a `Content-Type` that is sent twice or breaks its grammar. Tells whether it is JSON.
 * @internal
 */
export function checkEncoding(headers: HeaderFields): boolean {
  checkAlone(headers, 'content-encoding', 'identity');
  checkAlone(headers, 'transfer-encoding', 'chunked');
  const types = headers['content-type'] ?? [];
  const [type] = types;
  if (type === undefined) return false;
  if (types.length > 1) return refuseType('more than one Content-Type');
  const [start = '', written] = mediaType.exec(type) ?? [];
  if (written === undefined) return refuseType('a Content-Type that breaks its grammar');
  const name = written.toLowerCase();
  if (name.startsWith('multipart/')) return refuseType(name);
  const [charset = 'utf-8', ...others] = charsetsOf(type, start.length) ?? ['a broken parameter'];
  if (others.length > 0 || !charsets.includes(charset)) return refuseType(`charset ${charset}`);
  return /^application\/(?:json|.*\+json)$/.test(name);
}

function checkAlone(headers: HeaderFields, name: string, allowed: string): void {
  const got = (headers[name] ?? []).find((value) => value.trim().toLowerCase() !== allowed);
  if (got !== undefined) refuseType(`${name}: ${got}`);
}

/** Every charset named after `start`, in lower case; undefined when a parameter breaks the grammar. */
function charsetsOf(type: string, start: number): readonly string[] | undefined {
  const found: string[] = [];
  parameter.lastIndex = start;
  while (parameter.lastIndex < type.length) {
    const [whole, name, value = ''] = parameter.exec(type) ?? [];
    if (whole === undefined) return undefined;
    if (name?.toLowerCase() === 'charset') found.push(value.replace(/"/g, '').toLowerCase());
  }
  return found;
}

function refuseType(got: string): never {
  return refuse('ENCODING_REFUSED', {
    check: 'encoding',
    expected: 'content without a coding, in one part, as UTF-8',
    got,
    fix: 'send the content as it is hashed, with one plain Content-Type',
  });
}
