/** What the answer of a peer means. Must not know how it was asked for. */
import type { IncomingHttpHeaders } from 'node:http';

import { parseStrictJson, retryAfterSeconds, type Json, type JsonObject } from '@countersign/token';

import type { PeerAnswer } from './http-peer.js';
import { ServiceCallError, type ServiceCallErrorOptions } from './service-call-error.js';

/** A complete answer that is none of an error. @publicApi */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they came. */
  readonly content: Buffer;
  /**
   * The content as JSON; undefined where there is none.
   * @throws ServiceCallError `invalid_answer` for another content type, and for what is not JSON that
   * every parser reads alike.
   */
  json(): Json | undefined;
}

/** The call that an answer is about. @internal */
export type CallName = Pick<ServiceCallErrorOptions, 'service' | 'method' | 'path'>;

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const maxDepth = 64;

/**
 * The answer to a call.
 * @throws ServiceCallError for any status but 2xx and those that the caller expects.
 * @internal
 */
export function answerOf(
  answer: PeerAnswer,
  call: CallName,
  expected: readonly number[] = [],
): ServiceAnswer {
  const { status, headers, content } = answer;
  if ((status < 200 || status > 299) && !expected.includes(status)) throw refusalOf(answer, call);
  const invalid = (detail: string) =>
    new ServiceCallError({ ...call, reason: 'invalid_answer', status, detail });
  return {
    status,
    headers,
    content,
    json: () => {
      if (content.length === 0) return undefined;
      const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
      if (!JSON_TYPE.test(type) || coding !== 'identity') throw invalid('it is not JSON');
      const json = parsed(content);
      if (json === undefined) throw invalid('it is not JSON that every parser reads alike');
      return json;
    },
  };
}

function refusalOf({ status, headers, content }: PeerAnswer, call: CallName): ServiceCallError {
  const problem = problemIn(headers, content);
  return new ServiceCallError({
    ...call,
    reason: status >= 500 ? 'failed' : 'refused',
    detail: `it answered ${status}`,
    status,
    code: formed(problem?.['code'], /^[A-Z][A-Z0-9_]{0,63}$/),
    decision: formed(problem?.['decision'], /^[A-Za-z0-9_-]{1,64}$/),
    retryAfter: retryAfterSeconds(headers['retry-after'], Date.now() / 1000),
    problem,
  });
}

function problemIn(headers: IncomingHttpHeaders, content: Buffer): JsonObject | undefined {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return undefined;
  const json = parsed(content);
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as JsonObject) : undefined;
}

function parsed(content: Buffer): Json | undefined {
  try {
    return parseStrictJson(content, { maxDepth });
  } catch {
    return undefined;
  }
}

/** Only what has the form of a code or an id goes on: the rest could forge lines in a log. */
function formed(value: Json | undefined, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}
