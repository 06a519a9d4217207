import { createHash } from 'node:crypto';

import type { CallerRef, SubjectRef } from '@countersign/token';

import type { NotificationRequest } from './notification-request.js';

// A structured string (RFC 8941 section 3.3.3) without escapes, or the same without its quotes.
const QUOTED = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"$/;
const BARE = /^[A-Za-z0-9!#$%&'*+./:=@^_`|~-]{1,255}$/;

/** A request made under a key: both as digests, so that neither is kept. */
export interface KeyedRequest {
  /** Of who asks and the key: the same key of another caller, or for another user, is another key. */
  readonly digest: string;
  /** Of what is asked for. */
  readonly fingerprint: string;
}

/**
 * Reads `Idempotency-Key`: 1 to 255 visible ASCII characters, with or without quotes.
 * @returns `undefined` for everything else, such as two keys in one.
 */
export function parseIdempotencyKey(field: string): string | undefined {
  return QUOTED.exec(field)?.[1] ?? BARE.exec(field)?.[0];
}

/** Names a request by who asks under which key, and by what is asked for. */
export function keyedRequest(
  key: string,
  { caller, subject }: { readonly caller: CallerRef; readonly subject: SubjectRef },
  request: NotificationRequest,
): KeyedRequest {
  return {
    digest: digest(caller.issuer, caller.id, subject.uri, key),
    fingerprint: digest(...partsOf(request)),
  };
}

const partsOf = (request: NotificationRequest): readonly string[] =>
  'link' in request
    ? [request.user, request.type, request.email, request.link]
    : [request.user, request.type];

const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
