import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { accessErrors, bodyDigest, type AccessErrorCode } from '@countersign/token';

import { boundRequest, goodContent } from './bound-request.js';
import type { BoundContext, BoundRow, Changes } from './bound-request.js';

type Answer = AccessErrorCode | readonly number[];
type Make = Changes | ((context: BoundContext) => Changes);
type Row = readonly [name: string, answer: Answer, make: Make];

const table = (rows: readonly Row[]): readonly BoundRow[] =>
  rows.map(([name, answer, make]) =>
    Object.freeze({
      name,
      code: typeof answer === 'string' ? answer : undefined,
      status: typeof answer === 'string' ? [accessErrors[answer].status] : answer,
      make: (context: BoundContext) =>
        boundRequest(context, typeof make === 'function' ? make(context) : make),
    }),
  );

const digest = (hash: string, encoding: 'hex' | 'base64' | 'base64url') =>
  createHash(hash).update(goodContent).digest(encoding);

const digests: readonly Row[] = [
  ['a body with one byte changed', 'BODY_MISMATCH', { signed: goodContent.replace('ada', 'eda') }],
  [
    'a body with one byte more',
    'BODY_MISMATCH',
    { content: `${goodContent}\n`, signed: goodContent },
  ],
  ['a token without bdy', 'CLAIM_INVALID', { claims: { bdy: undefined } }],
  ['bdy as a list', 'CLAIM_INVALID', { claims: { bdy: [bodyDigest(Buffer.from(goodContent))] } }],
  [
    'bdy as an object',
    'CLAIM_INVALID',
    { claims: { bdy: { sha: digest('sha256', 'base64url') } } },
  ],
  ['bdy as hex', 'CLAIM_INVALID', { claims: { bdy: digest('sha256', 'hex') } }],
  ['bdy as base64', 'CLAIM_INVALID', { claims: { bdy: digest('sha256', 'base64') } }],
  [
    'bdy as an MD5 of one who is not legacy',
    'CLAIM_INVALID',
    { claims: { bdy: digest('md5', 'hex') } },
  ],
  [
    'bdy as an MD5 in capitals of one who is',
    'CLAIM_INVALID',
    { from: 'legacy', claims: { bdy: digest('md5', 'hex').toUpperCase() } },
  ],
  ['no body where one was signed', 'BODY_MISMATCH', { content: '', signed: goodContent }],
  ['no body and no bdy', 'CLAIM_INVALID', { content: '', claims: { bdy: undefined } }],
  ['a GET with a body, signed as one without', 'BODY_MISMATCH', { method: 'GET', signed: '' }],
  ['a token of an authorization server', 'TYPE_MISMATCH', { from: 'server' }],
  [
    'a Content-Digest of another body',
    'BODY_MISMATCH',
    { fields: [['Content-Digest', `sha-256=:${createHash('sha256').digest('base64')}:`]] },
  ],
  [
    'a Content-Digest in place of bdy',
    'CLAIM_INVALID',
    {
      claims: { bdy: undefined },
      fields: [['Content-Digest', `sha-256=:${digest('sha256', 'base64')}:`]],
    },
  ],
  [
    'the right digest of another body in a trailer',
    'BODY_MISMATCH',
    {
      framing: 'chunked',
      signed: 'other',
      trailers: [['Content-Digest', `sha-256=:${digest('sha256', 'base64')}:`]],
    },
  ],
];

const forms: readonly Row[] = [
  ['text that no parser keeps', 'BODY_MISMATCH', { types: ['text/plain'] }],
  ['content of no type', [401, 415], { types: [] }],
  [
    'several parts',
    [415],
    { types: ['multipart/form-data; boundary=a'], content: '--a\r\n\r\n1\r\n--a--\r\n' },
  ],
  ['two types', 'ENCODING_REFUSED', { types: ['application/json', 'application/json'] }],
  ['UTF-7 by name', 'ENCODING_REFUSED', { types: ['application/json; charset=utf-7'] }],
  [
    'UTF-16',
    [400, 415],
    {
      types: ['application/json; charset=utf-16le'],
      content: Buffer.from(goodContent, 'utf16le'),
    },
  ],
  [
    'gzip, signed as it is sent',
    [400, 415],
    { content: gzipSync(goodContent), fields: [['Content-Encoding', 'gzip']] },
  ],
  [
    'gzip, signed as it is meant',
    [400, 415],
    {
      content: gzipSync(goodContent),
      signed: goodContent,
      fields: [['Content-Encoding', 'gzip']],
    },
  ],
  [
    'a bomb of 50 MB',
    [400, 413, 415],
    { content: gzipSync(Buffer.alloc(50_000_000)), fields: [['Content-Encoding', 'gzip']] },
  ],
  ['more bytes than are hashed', [413], { content: JSON.stringify('a'.repeat(102_400)) }],
  ['a member twice', 'BODY_MALFORMED', { content: '{"email":"a","email":"b"}' }],
  ['a prototype', [400], { content: '{"__proto__":{"admin":true}}' }],
  [
    'two framings',
    [400],
    { framing: 'chunked', fields: [['Content-Length', String(goodContent.length)]] },
  ],
  [
    'a coding below the chunks',
    [400, 415, 501],
    { framing: 'none', content: '0\r\n\r\n', fields: [['Transfer-Encoding', 'gzip, chunked']] },
  ],
];

const lines: readonly Row[] = [
  ['a token for another method', 'REQUEST_MISMATCH', { claims: { htm: 'GET' } }],
  [
    'a method that only a header names',
    'REQUEST_MISMATCH',
    { claims: { htm: 'DELETE' }, fields: [['X-HTTP-Method-Override', 'DELETE']] },
  ],
  ['a token without htm', 'CLAIM_INVALID', { claims: { htm: undefined } }],
  ['a token without htu', 'CLAIM_INVALID', { claims: { htu: undefined } }],
  [
    'a token for another query',
    'REQUEST_MISMATCH',
    ({ path, publicUrl }) => ({
      target: `${path}?all=1`,
      claims: { htu: `${publicUrl.replace(/\/$/, '')}${path}` },
    }),
  ],
  [
    'an encoded letter in the path, signed without',
    [401, 404],
    ({ path, publicUrl }) => ({
      target: path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      claims: { htu: `${publicUrl.replace(/\/$/, '')}${path}` },
    }),
  ],
  [
    'another host, named by every header there is',
    'REQUEST_MISMATCH',
    ({ path }) => ({
      claims: { htu: `https://evil.example${path}` },
      fields: [
        ['X-Forwarded-Host', 'evil.example'],
        ['Forwarded', 'host=evil.example;proto=https'],
        ['X-Original-URL', `https://evil.example${path}`],
      ],
    }),
  ],
];

/**
 * Requests to a route that is bound to the whole request, each with the answer that refuses it. They
 * are sent as bytes, with `sendBytes`.
 *
 * @example
 * it.each(hostileRequests)('refuses $name', async ({ code, status, make }) => {
 *   const answer = await sendBytes(url, make(context));
 *   expect(status).toContain(answer.status);
 *   if (code) expect(answer.body).toContain(`"code":"${code}"`);
 * });
 * @publicApi
 */
export const hostileRequests: readonly BoundRow[] = table([...digests, ...forms, ...lines]);

/** Requests to the same route that look odd and are good: each is let in. @publicApi */
export const oddRequests: readonly BoundRow[] = table([
  ['a request as it should be', [200], {}],
  ['chunks', [200], { framing: 'chunked' }],
  [
    'trailers with another token and digest, which count for nothing',
    [200],
    {
      framing: 'chunked',
      trailers: [
        ['Authorization', 'Bearer other'],
        ['Content-Digest', 'sha-256=:AAAA:'],
      ],
    },
  ],
  ['no body, signed as such', [200], { content: '' }],
  ['a GET without a body, signed as such', [200], { method: 'GET', content: '' }],
  ['a length of zero', [200], { content: '', fields: [['Content-Length', '0']] }],
  ['a query', [200], ({ path }) => ({ target: `${path}?full=1&name=%C3%A9` })],
  ['US-ASCII by name', [200, 415], { types: ['application/json; charset=us-ascii'] }],
  ['UTF-8 by name', [200], { types: ['application/json; charset="UTF-8"'] }],
  ['an MD5 of one who is legacy', [200], { from: 'legacy', claims: { bdy: digest('md5', 'hex') } }],
  [
    'a Content-Digest that holds',
    [200],
    { fields: [['Content-Digest', `sha-256=:${digest('sha256', 'base64')}:`]] },
  ],
  [
    'another host, named by headers that nobody asks',
    [200],
    {
      fields: [
        ['X-Forwarded-Host', 'evil.example'],
        ['X-HTTP-Method-Override', 'DELETE'],
      ],
    },
  ],
]);
