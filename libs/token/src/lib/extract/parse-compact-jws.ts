import { decodeBase64url } from '../decode-base64url.js';
import type { RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import { parseStrictObject } from '../strict-json.js';
import type { JsonObject, ParsedToken } from '../types.js';

/** A compact JWS taken apart, its payload still bytes; nothing in it is believed yet. @publicApi */
export interface CompactJws extends Omit<ParsedToken, 'claims'> {
  readonly payload: Buffer;
}

/** Bounds of {@link parseCompactJws} and `parseToken`. @publicApi */
export interface TokenLimits {
  /** Longest token in bytes; 8192 unless told. */
  readonly maxBytes?: number;
}

const maxKidLength = 256;

/**
 * Takes a compact JWS (RFC 7515 section 3.1) apart by its form alone; no key is touched.
 *
 * Refuses with TOKEN_MALFORMED: more than `maxBytes`; anything but three parts (so encrypted tokens
 * and the JSON serialisations); parts that are not canonical base64url; a header that is not a
 * strict JSON object with a string `alg`; `crit`, `b64` and `zip` (RFC 7515 section 4.1.11, RFC
 * 7797: no extension is understood here); a `kid` that is not a string of 1 to 256 characters; an
 * empty signature. `jwk`, `jku`, `x5u` and `x5c` are ignored, because honest issuers send them too:
 * a key comes from the issuer's key store and from nowhere else.
 * @publicApi
 */
export function parseCompactJws(token: string, limits: TokenLimits = {}): CompactJws {
  const maxBytes = limits.maxBytes ?? 8192;
  if (!(token.length <= maxBytes)) malformed('size', { expected: maxBytes, got: token.length });
  const parts = token.split('.', 6);
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || !signature)
    return malformed('structure', {
      expected: 'three parts, the last not empty',
      got: parts.length === 5 ? 'five parts: an encrypted token' : `${parts.length} parts`,
    });
  const bytes = decodePart('header', header);
  return {
    payload: decodePart('payload', payload),
    signature: decodePart('signature', signature),
    header: parseHeader(bytes),
    signingInput: Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1'),
  };
}

/** Strict JSON that must be an object; else TOKEN_MALFORMED in the name of `part`. @internal */
export function parseObject(part: 'header' | 'claims', bytes: Buffer): JsonObject {
  try {
    return parseStrictObject(bytes);
  } catch (error) {
    const got = (error as SyntaxError).message;
    return malformed(part, { expected: 'a strict JSON object', got });
  }
}

function decodePart(part: string, text: string): Buffer {
  return (
    decodeBase64url(text) ??
    malformed('encoding', {
      expected: 'canonical base64url without padding',
      got: `another ${part}`,
    })
  );
}

function parseHeader(bytes: Buffer): JsonObject {
  const header = parseObject('header', bytes);
  const { alg, kid } = header;
  for (const name of ['crit', 'b64', 'zip'])
    if (header[name] !== undefined) malformed('header', { expected: `no ${name}`, got: name });
  if (typeof alg !== 'string')
    malformed('header', { expected: 'alg as a string', got: typeof alg });
  if (kid !== undefined && !isKid(kid))
    malformed('header', { expected: `kid as a string of 1 to ${maxKidLength} characters` });
  return header;
}

function isKid(kid: unknown): boolean {
  return typeof kid === 'string' && kid !== '' && kid.length <= maxKidLength;
}

function malformed(check: string, detail: RefusalDetail): never {
  refuse('TOKEN_MALFORMED', { check, ...detail });
}
