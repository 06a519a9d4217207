import { decodeBase64url } from '../decode-base64url.js';
import type { RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import { parseStrictObject } from '../strict-json.js';
import type { Json, JsonObject } from '../types.js';
import { agreementCurves, contentEncryptions } from './encryption-algorithms.js';

/** What the form of a JWE tells about how to decrypt it; nothing in it is believed. @internal */
export interface CompactJwe {
  readonly alg: string;
  readonly enc: string;
  readonly kid: string | undefined;
  readonly cty: string | undefined;
}

const longestKid = 256;
const longestPartyInfo = 512;

/** Whether a token has the five parts of a JWE. @internal */
export function isCompactJwe(token: string): boolean {
  return token.split('.', 6).length === 5;
}

/**
 * Takes a compact JWE (RFC 7516 section 3.1) apart by its form alone; no key is touched.
 *
 * Refuses with TOKEN_MALFORMED: more than `maxBytes`; anything but five parts; parts that are not
 * canonical base64url; a header that is not a strict JSON object with strings `alg` and `enc`; `zip`
 * (a few bytes can unfold to gigabytes), `crit`, a `kid` or `cty` of another form; lengths that do
 * not fit `enc`; an `epk` that is no public point in canonical form, or not where `alg` wants it.
 * @internal
 */
export function parseCompactJwe(token: string, maxBytes: number): CompactJwe {
  if (!(token.length <= maxBytes)) malformed('size', { expected: maxBytes, got: token.length });
  const parts = token.split('.', 6).map(decodePart);
  const [protectedHeader, key, iv, content, tag] = parts;
  if (parts.length !== 5 || !protectedHeader || !key || !iv || !content || !tag)
    return malformed('structure', { expected: 'five parts', got: `${parts.length} parts` });
  const header = parseHeader(protectedHeader);
  const { alg, enc, kid, cty } = header as JsonObject & CompactJwe;
  checkMembers(header);
  checkLengths(enc, iv, content, tag);
  if ((alg === 'ECDH-ES') !== (key.length === 0))
    malformed('structure', { expected: 'an encrypted key, unless ECDH-ES agrees on it' });
  return { alg, enc, kid, cty };
}

function checkLengths(enc: string, iv: Buffer, content: Buffer, tag: Buffer): void {
  const lengths = Object.hasOwn(contentEncryptions, enc)
    ? contentEncryptions[enc as keyof typeof contentEncryptions]
    : undefined;
  if (lengths && (iv.length !== lengths.iv || tag.length !== lengths.tag || content.length === 0))
    malformed('structure', { expected: `the lengths of ${enc}` });
}

function decodePart(text: string): Buffer {
  return decodeBase64url(text) ?? malformed('encoding', { expected: 'canonical base64url' });
}

function parseHeader(bytes: Buffer): JsonObject {
  try {
    return parseStrictObject(bytes);
  } catch (error) {
    const got = (error as SyntaxError).message;
    return malformed('header', { expected: 'a strict JSON object', got });
  }
}

function checkMembers(header: JsonObject): void {
  const { alg, enc, cty, kid } = header;
  for (const name of ['crit', 'zip', 'b64'])
    if (header[name] !== undefined) malformed('header', { expected: `no ${name}`, got: name });
  if (typeof alg !== 'string' || typeof enc !== 'string')
    malformed('header', { expected: 'alg and enc as strings' });
  if (cty !== undefined && typeof cty !== 'string')
    malformed('header', { expected: 'cty as a string', got: typeof cty });
  if (kid !== undefined && !isText(kid, longestKid))
    malformed('header', { expected: `kid as a string of 1 to ${longestKid} characters` });
  checkAgreement(header);
}

/** What only agreement on a key uses (RFC 7518 section 4.6.1). */
function checkAgreement(header: JsonObject): void {
  const { alg, epk } = header;
  for (const name of ['apu', 'apv'])
    if (header[name] !== undefined && !isBytes(header[name], longestPartyInfo))
      malformed('header', { expected: `${name} as canonical base64url` });
  if (String(alg).startsWith('ECDH-ES') !== (epk !== undefined) || !isEphemeralKey(epk))
    malformed('header', { expected: 'epk as a public point, with ECDH-ES only' });
}

/** Only the members of a public point, each as long as its curve says; OpenSSL checks the curve. */
function isEphemeralKey(epk: Json | undefined): boolean {
  if (epk === undefined) return true;
  if (typeof epk !== 'object' || epk === null || Array.isArray(epk)) return false;
  const { kty, crv, x, y, ...others } = epk as JsonObject;
  if (kty !== 'EC' || typeof crv !== 'string' || !Object.hasOwn(agreementCurves, crv)) return false;
  const size = agreementCurves[crv];
  const isCoordinate = (value: Json | undefined) =>
    typeof value === 'string' && decodeBase64url(value)?.length === size;
  return isCoordinate(x) && isCoordinate(y) && Object.keys(others).length === 0;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value !== '' && value.length <= longest;
}

function isBytes(value: unknown, longest: number): boolean {
  return isText(value, longest) && decodeBase64url(value as string) !== undefined;
}

function malformed(check: string, detail: RefusalDetail): never {
  refuse('TOKEN_MALFORMED', { check: `encryption.${check}`, ...detail });
}
