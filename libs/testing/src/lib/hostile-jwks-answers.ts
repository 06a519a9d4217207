/**
 * What a broken, overloaded or hostile key server answers: one function per mode, table at the end.
 * Knows the good key set that should have been served, and no reader of it.
 */
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

import { brokenAnswers } from './broken-answers.js';

/** How a hostile server sees its good key. @internal */
export interface AnswerContext {
  /** Public JWK that the server would publish if it were well. */
  readonly good: JsonWebKey;
  /** A path of this server that answers the good set. */
  readonly goodPath: string;
}

type Answer = (response: ServerResponse, context: AnswerContext) => void;

const json = (response: ServerResponse, body: string | Buffer, headers: object = {}): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
};

const text =
  (body: string | Buffer, headers: object = {}): Answer =>
  (response) =>
    json(response, body, headers);

const set =
  (keysOf: (good: JsonWebKey) => readonly unknown[], headers: object = {}): Answer =>
  (response, { good }) =>
    json(response, JSON.stringify({ keys: keysOf(good) }), headers);

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end('{"error":"not today"}');

const truncated: Answer = (response, { good }) => {
  const body = JSON.stringify({ keys: [good] });
  response.writeHead(200, { 'content-length': body.length + 100 });
  response.write(body.slice(0, -10), () => response.destroy());
};

const weakKeys = (good: JsonWebKey): readonly unknown[] => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = publicKey.export({ format: 'jwk' });
  const offCurve = { ...p256(), y: randomBytes(32).toString('base64url') };
  return [
    { ...weak, kid: good.kid, alg: 'RS256' },
    { ...weak, kid: 'exponent-one', alg: 'RS256', e: 'AQ' },
    { ...offCurve, kid: 'off-curve', alg: 'ES256' },
    { ...p256(), kid: 'for-encryption', alg: 'ES256', use: 'enc' },
    p256(),
  ];
};

const privateMembers = (good: JsonWebKey): readonly unknown[] => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return [{ ...privateKey.export({ format: 'jwk' }), kid: good.kid, alg: 'ES256' }];
};

const octKeys = (good: JsonWebKey): readonly unknown[] => {
  const secret = createSecretKey(randomBytes(32)).export({ format: 'jwk' });
  return [{ ...secret, kid: good.kid, alg: 'HS256' }];
};

const manyKeys =
  (count: number) =>
  (good: JsonWebKey): readonly unknown[] =>
    Array.from({ length: count }, (_, index) => ({ ...good, kid: `key-${index}` }));

function p256(): JsonWebKey {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
}

/** The answers by mode. @internal */
export const hostileAnswers = {
  good: set((good) => [good], { etag: '"good"', 'cache-control': 'max-age=300' }),
  gzip: (response, { good }) =>
    json(response, gzipSync(JSON.stringify({ keys: [good] })), { 'content-encoding': 'gzip' }),
  'wrong-content-type': set((good) => [good], { 'content-type': 'text/plain' }),
  'max-age-zero': set((good) => [good], { 'cache-control': 'no-store, max-age=0' }),
  'max-age-ten-years': set((good) => [good], { 'cache-control': 'public, max-age=315360000' }),
  'age-over-max-age': set((good) => [good], { 'cache-control': 'max-age=300', age: '86400' }),
  'one-good-among-bad': (response, context) =>
    set((good) => [
      ...weakKeys({ ...good, kid: 'weak' }),
      good,
      ...privateMembers({ kid: 'leaked' }),
    ])(response, context),

  ...brokenAnswers,
  empty: set(() => []),
  utf16: (response, { good }) =>
    json(response, Buffer.from(`\ufeff${JSON.stringify({ keys: [good] })}`, 'utf16le')),
  bom: (response, { good }) => json(response, `\ufeff${JSON.stringify({ keys: [good] })}`),
  truncated,
  array: set((good) => [[good]]),
  'bare-array': (response, { good }) => json(response, JSON.stringify([good])),
  'no-keys': text('{}'),
  'keys-as-object': (response, { good }) => json(response, JSON.stringify({ keys: { 0: good } })),
  'duplicate-keys-member': (response, { good }) =>
    json(response, `{"keys":[],"keys":${JSON.stringify([good])}}`),

  'many-keys': set(manyKeys(20_000)),
  'hundred-and-one-keys': set(manyKeys(101)),
  'status-503': status(503, { 'retry-after': '1' }),
  'partial-content': (response, { good }) =>
    void response.writeHead(206).end(JSON.stringify({ keys: [good] })),
  'not-modified': status(304),
  redirect: (response, { goodPath }) => status(302, { location: goodPath })(response, {} as never),

  'weak-keys': set(weakKeys),
  'private-members': set(privateMembers),
  'oct-keys': set(octKeys),
  'duplicate-kid': set((good) => [{ ...p256(), kid: good.kid, alg: 'ES256' }, good]),
} as const satisfies Readonly<Record<string, Answer>>;
