/**
 * The common form of the tables of bound requests: one row is one request, byte by byte as it goes
 * over the wire, with a token that its sender signed for it, or for something else.
 */
import { bodyDigest, type AccessErrorCode, type Json } from '@countersign/token';

import { aToken } from '../a-token.js';
import type { TestIssuer } from '../create-test-issuer.js';

/** The service that bound requests are sent to. @publicApi */
export interface BoundContext {
  /** A service peer, not legacy, whose carrier is Bearer. */
  readonly peer: TestIssuer;
  /** A service peer marked legacy, whose carrier is Bearer. */
  readonly legacy: TestIssuer;
  /** An authorization server. */
  readonly server: TestIssuer;
  /** The `aud` that the rule asks for. */
  readonly audience: string;
  /** The `publicUrl` of the options, without a path. */
  readonly publicUrl: string;
  /**
   * A path whose `GET` and `PUT` are bound to the whole request and ask for nothing else. The
   * application keeps raw bodies, and hashes at most 102,400 bytes.
   */
  readonly path: string;
}

/** One request, and how it is answered. @publicApi */
export interface BoundRow {
  readonly name: string;
  /** The code of the guard; undefined where the server may refuse before the guard is asked. */
  readonly code: AccessErrorCode | undefined;
  /** The statuses that are right, where adapters differ; one wherever there is a code. */
  readonly status: readonly number[];
  make(context: BoundContext): Buffer;
}

type Field = readonly [name: string, value: string];

/** How a request differs from one that is good. @internal */
export interface Changes {
  readonly from?: 'peer' | 'legacy' | 'server';
  readonly method?: string;
  readonly target?: string;
  /** What is sent. */
  readonly content?: Uint8Array | string;
  /** What is signed: what is sent, unless told. */
  readonly signed?: Uint8Array | string;
  /** Claims in place of those that would be right; undefined takes one away. */
  readonly claims?: Readonly<Record<string, Json | undefined>>;
  /** `Content-Type`s, in place of `application/json`. */
  readonly types?: readonly string[];
  readonly fields?: readonly Field[];
  /** How the content is framed: by its length, unless told; `none` leaves that to `fields`. */
  readonly framing?: 'length' | 'chunked' | 'none';
  readonly trailers?: readonly Field[];
}

/** A JSON body that good requests have. @internal */
export const goodContent = '{"email":"ada@example.org"}';

/** Writes a request down as bytes. @internal */
export function boundRequest(context: BoundContext, changes: Changes = {}): Buffer {
  const { method = 'PUT', target = context.path, framing = 'length' } = changes;
  const content = Buffer.from((changes.content ?? goodContent) as string);
  const types = changes.types ?? (content.length > 0 ? ['application/json'] : []);
  const fields: readonly Field[] = [
    ['Host', 'census.example'],
    ['Connection', 'close'],
    ['Authorization', `Bearer ${boundToken(context, changes, content)}`],
    ...types.map((type): Field => ['Content-Type', type]),
    ...framingOf(framing, content),
    ...(changes.fields ?? []),
  ];
  const head = [`${method} ${target} HTTP/1.1`, ...lines(fields), '', ''].join('\r\n');
  const body = framing === 'chunked' ? chunked(content, changes.trailers ?? []) : content;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function boundToken(context: BoundContext, changes: Changes, content: Buffer): string {
  const { audience, publicUrl, path } = context;
  const { from = 'peer', method = 'PUT', target = path, signed = content } = changes;
  const claims = {
    bdy: bodyDigest(Buffer.from(signed as string)),
    htm: method,
    htu: publicUrl.replace(/\/$/, '') + target,
    ...changes.claims,
  };
  return Object.entries(claims)
    .reduce(
      (token, [name, value]) =>
        value === undefined ? token.withoutClaim(name) : token.claim(name, value),
      aToken().from(context[from]).to(audience),
    )
    .sign();
}

function framingOf(framing: 'length' | 'chunked' | 'none', content: Buffer): readonly Field[] {
  if (framing === 'chunked') return [['Transfer-Encoding', 'chunked']];
  return framing === 'length' && content.length > 0
    ? [['Content-Length', String(content.length)]]
    : [];
}

/** In chunks of a few bytes, so that no boundary falls together with one of the content. */
function chunked(content: Buffer, trailers: readonly Field[]): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += 7) {
    const chunk = content.subarray(at, at + 7);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from(['0', ...lines(trailers), '', ''].join('\r\n'))]);
}

const lines = (fields: readonly Field[]): string[] =>
  fields.map(([name, value]) => `${name}: ${value}`);
