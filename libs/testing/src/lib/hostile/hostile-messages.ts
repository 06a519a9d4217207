/**
 * Messages as they go over TCP between Nest's servers, with a token that its sender signed for them,
 * or for something else: `<length>#<JSON>`, the token beside the data, the data as the signed text.
 */
import { createHash } from 'node:crypto';

import { bodyDigest, type AccessErrorCode, type Json } from '@countersign/token';

import { aToken } from '../a-token.js';
import { messageFrame } from '../message-frame.js';
import { goodContent, type BoundContext } from './bound-request.js';

/** The service that messages are sent to. @publicApi */
export interface MessageContext extends Omit<BoundContext, 'path'> {
  /**
   * A pattern whose handler is bound to the whole request and asks for nothing else. The application
   * hashes at most 102,400 bytes.
   */
  readonly pattern: string;
}

/** One message, and the code that refuses it; undefined where it is good. @publicApi */
export interface MessageRow {
  readonly name: string;
  readonly code: AccessErrorCode | undefined;
  make(context: MessageContext): Buffer;
}

/** How a message differs from one that is good. */
interface Changes {
  readonly from?: 'peer' | 'legacy' | 'server';
  /** What is sent. */
  readonly data?: Json;
  /** What is signed: what is sent, unless told. */
  readonly signed?: string;
  /** Claims in place of those that would be right; undefined takes one away. */
  readonly claims?: Readonly<Record<string, Json | undefined>>;
  /** Beside the data, in place of what would be right. */
  readonly metadata?: (good: GoodMetadata) => Json;
}

interface GoodMetadata {
  readonly authorization: string;
  readonly 'content-type': string;
}

type Make = Changes | ((context: MessageContext) => Changes);
type Row = readonly [name: string, make: Make];
type HostileRow = readonly [name: string, code: AccessErrorCode, make: Make];

const row = (name: string, code: AccessErrorCode | undefined, make: Make): MessageRow =>
  Object.freeze({
    name,
    code,
    make: (context: MessageContext) =>
      boundMessage(context, typeof make === 'function' ? make(context) : make),
  });

function boundMessage(context: MessageContext, changes: Changes): Buffer {
  const { data = goodContent, metadata = (good) => ({ ...good }) } = changes;
  const signed = changes.signed ?? (typeof data === 'string' ? data : JSON.stringify(data));
  return messageFrame({
    id: 'a',
    pattern: context.pattern,
    data,
    metadata: metadata({
      authorization: `Bearer ${boundToken(context, changes, signed)}`,
      'content-type': 'application/json',
    }),
  });
}

function boundToken(context: MessageContext, changes: Changes, signed: string): string {
  const claims = {
    bdy: bodyDigest(Buffer.from(signed)),
    htm: 'REQUEST',
    htu: htuOf(context.audience, context.pattern),
    ...changes.claims,
  };
  return Object.entries(claims)
    .reduce(
      (token, [name, value]) =>
        value === undefined ? token.withoutClaim(name) : token.claim(name, value),
      aToken()
        .from(context[changes.from ?? 'peer'])
        .to(context.audience),
    )
    .sign();
}

const htuOf = (base: string, pattern: string): string =>
  `${base.replace(/\/$/, '')}/${encodeURIComponent(pattern)}`;

const digest = (hash: string, encoding: 'hex' | 'base64') =>
  createHash(hash).update(goodContent).digest(encoding);

const digests: readonly HostileRow[] = [
  ['data with one byte changed', 'BODY_MISMATCH', { signed: goodContent.replace('ada', 'eda') }],
  ['data with one space more', 'BODY_MISMATCH', { data: `${goodContent} `, signed: goodContent }],
  ['a token without bdy', 'CLAIM_INVALID', { claims: { bdy: undefined } }],
  ['an MD5 of one who is not legacy', 'CLAIM_INVALID', { claims: { bdy: digest('md5', 'hex') } }],
  ['a token of an authorization server', 'TYPE_MISMATCH', { from: 'server' }],
  [
    'data that came without its bytes',
    'BODY_MISMATCH',
    { data: { email: 'ada@example.org' }, signed: goodContent },
  ],
  [
    'data as text that nothing announces',
    'BODY_MISMATCH',
    { metadata: ({ authorization }) => ({ authorization }) },
  ],
  [
    'data announced as another type',
    'BODY_MISMATCH',
    { metadata: (good) => ({ ...good, 'content-type': 'text/plain' }) },
  ],
  [
    'data announced twice',
    'ENCODING_REFUSED',
    { metadata: (good) => ({ ...good, 'content-type': ['application/json', 'text/plain'] }) },
  ],
  [
    'data that claims to be coded',
    'ENCODING_REFUSED',
    { metadata: (good) => ({ ...good, 'content-encoding': 'gzip' }) },
  ],
  [
    'a Content-Digest of other data',
    'BODY_MISMATCH',
    {
      metadata: (good) => ({
        ...good,
        'content-digest': `sha-256=:${createHash('sha256').digest('base64')}:`,
      }),
    },
  ],
  ['more bytes than are hashed', 'BODY_TOO_LARGE', { data: JSON.stringify('a'.repeat(102_400)) }],
];

const targets: readonly HostileRow[] = [
  [
    'a token for the same words over HTTP',
    'REQUEST_MISMATCH',
    ({ publicUrl, pattern }) => ({ claims: { htm: 'POST', htu: htuOf(publicUrl, pattern) } }),
  ],
  [
    'a token for another pattern',
    'REQUEST_MISMATCH',
    ({ audience, pattern }) => ({ claims: { htu: htuOf(audience, `${pattern}.all`) } }),
  ],
  [
    'a token for the pattern at another audience',
    'REQUEST_MISMATCH',
    ({ pattern }) => ({ claims: { htu: htuOf('https://other.example/', pattern) } }),
  ],
  [
    'a token for the pattern alone',
    'REQUEST_MISMATCH',
    ({ pattern }) => ({ claims: { htu: pattern } }),
  ],
  ['a token for an event', 'REQUEST_MISMATCH', { claims: { htm: 'EVENT' } }],
  ['a token without htm', 'CLAIM_INVALID', { claims: { htm: undefined } }],
  ['a token without htu', 'CLAIM_INVALID', { claims: { htu: undefined } }],
];

const credentials: readonly HostileRow[] = [
  ['no metadata', 'TOKEN_MISSING', { metadata: () => ({}) }],
  [
    'a token in the data',
    'TOKEN_MISSING',
    {
      data: '{"authorization":"Bearer a"}',
      metadata: () => ({ 'content-type': 'application/json' }),
    },
  ],
  [
    'two tokens',
    'CREDENTIALS_AMBIGUOUS',
    { metadata: (good) => ({ ...good, authorization: [good.authorization, good.authorization] }) },
  ],
  [
    'two tokens under names that differ in case',
    'CREDENTIALS_AMBIGUOUS',
    { metadata: (good) => ({ ...good, Authorization: 'Bearer other' }) },
  ],
  [
    'a token without a scheme',
    'TOKEN_MISSING',
    { metadata: (good) => ({ ...good, authorization: good.authorization.replace('Bearer ', '') }) },
  ],
];

/**
 * Messages to a handler that is bound to the whole request, each with the code that refuses it. They
 * are sent as bytes, with `exchangeFrames`.
 * @publicApi
 */
export const hostileMessages: readonly MessageRow[] = [...digests, ...targets, ...credentials].map(
  (one) => row(...one),
);

const odd: readonly Row[] = [
  ['a message as it should be', {}],
  ['data with a space more, signed as such', { data: `${goodContent} ` }],
  ['an MD5 of one who is legacy', { from: 'legacy', claims: { bdy: digest('md5', 'hex') } }],
  [
    'names in capitals, and values as lists of one',
    {
      metadata: (good) => ({
        Authorization: [good.authorization],
        'Content-Type': [good['content-type']],
      }),
    },
  ],
  [
    'a Content-Digest that holds',
    {
      metadata: (good) => ({
        ...good,
        'content-digest': `sha-256=:${digest('sha256', 'base64')}:`,
      }),
    },
  ],
  [
    'metadata that nobody asks for',
    { metadata: (good) => ({ ...good, traceparent: '00-a-b-00' }) },
  ],
];

/** Messages to the same handler that look odd and are good: each is let in. @publicApi */
export const oddMessages: readonly MessageRow[] = odd.map(([name, make]) =>
  row(name, undefined, make),
);
