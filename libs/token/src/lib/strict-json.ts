/**
 * Strict JSON for everything that arrives signed or decides about signatures. Where parsers differ
 * on a text, an attacker chooses what each of them reads; here such a text is refused instead.
 */
import { isUtf8 } from 'node:buffer';

import type { Json, JsonObject } from './types.js';

/** Bounds of {@link parseStrictJson}. @publicApi */
export interface StrictJsonLimits {
  /** Deepest nesting of objects and arrays; 16 unless told. */
  readonly maxDepth?: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Parses a JSON text (RFC 8259) that every parser reads alike.
 *
 * Refuses, with a `SyntaxError` that never quotes more than a member name: invalid UTF-8, a byte
 * order mark, two members of one name in one object (compared after unescaping, RFC 7519 section
 * 4), a member named `__proto__`, nesting deeper than `maxDepth`, and whatever is not JSON. Takes
 * time linear in the length of the text and a stack that does not grow with its depth.
 *
 * @example
 * parseStrictJson('{"aud":"a","\\u0061ud":"b"}'); // SyntaxError: duplicate member "aud"
 * @publicApi
 */
export function parseStrictJson(text: Uint8Array | string, limits: StrictJsonLimits = {}): Json {
  const decoded = typeof text === 'string' ? text : decode(text);
  if (decoded.charCodeAt(0) === BYTE_ORDER_MARK) throw new SyntaxError('byte order mark');
  scan(decoded, limits.maxDepth ?? 16);
  return parse(decoded) as Json;
}

/** {@link parseStrictJson} of a text that must be an object. @internal */
export function parseStrictObject(text: Uint8Array | string): JsonObject {
  const value = parseStrictJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject;
  throw new SyntaxError('not a JSON object');
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new SyntaxError('invalid UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

// V8 quotes the input in its messages, and a claims set does not belong into a log: no `cause`.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('not JSON');
  }
}

/**
 * Looks at member names and depth only. It is exact on well-formed JSON and may misread anything
 * else, which `JSON.parse` refuses right after.
 */
function scan(text: string, maxDepth: number): void {
  // One entry per open structure: the names seen in an object, nothing for an array.
  const open: (Set<string> | undefined)[] = [];
  let nameComes = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = closingQuote(text, at);
        if (nameComes) remember(open.at(-1), memberName(text.slice(at, end + 1)));
        nameComes = false;
        at = end;
        break;
      }
      case COMMA:
        nameComes = open.at(-1) !== undefined;
        break;
      case BRACE_OPEN:
      case BRACKET_OPEN:
        if (!(open.length < maxDepth)) throw new SyntaxError(`nested deeper than ${maxDepth}`);
        nameComes = text.charCodeAt(at) === BRACE_OPEN;
        open.push(nameComes ? new Set() : undefined);
        break;
      case BRACE_CLOSE:
      case BRACKET_CLOSE:
        open.pop();
        nameComes = false;
        break;
    }
  }
}

function closingQuote(text: string, opening: number): number {
  let end = text.indexOf('"', opening + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end === -1) throw new SyntaxError('not JSON');
  return end;
}

/** A quote is escaped by an odd run of backslashes before it. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

function memberName(quoted: string): string {
  return quoted.includes('\\') ? (parse(quoted) as string) : quoted.slice(1, -1);
}

function remember(names: Set<string> | undefined, name: string): void {
  if (names?.has(name)) throw new SyntaxError(`duplicate member ${JSON.stringify(brief(name))}`);
  // JSON.parse makes it an own member, but the first careless copy makes it a prototype.
  if (name === '__proto__') throw new SyntaxError('member __proto__');
  names?.add(name);
}

function brief(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}...` : name;
}
