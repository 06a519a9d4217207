/**
 * One call to another service: a token for it, the exchange, and another attempt where that is safe.
 * Must not know for whom it is made, or what its answer means.
 */
import { setTimeout } from 'node:timers/promises';

import {
  credentialHeaders,
  retryAfterSeconds,
  type OutboundSubject,
  type OutboundToken,
  type TokenSource,
} from '@countersign/token';

import type { CallContent } from './call-content.js';
import type { CallTarget } from './call-target.js';
import type { HttpPeer, PeerAnswer } from './http-peer.js';
import type { TraceContext } from './trace-context.js';

/** Everything that is settled before a call is made. @internal */
export interface PreparedCall {
  readonly method: string;
  readonly target: CallTarget;
  readonly content: CallContent;
  readonly source: TokenSource;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly subject: OutboundSubject | undefined;
  readonly bound: boolean;
  /** Whether doing it twice does no more than doing it once. */
  readonly isIdempotent: boolean;
  readonly trace: TraceContext;
  readonly signal: AbortSignal;
  /** When the call ends at the latest, on the monotonic clock, in milliseconds. */
  readonly deadline: number;
}

/** One attempt, and the token it was made with. */
interface Attempt {
  readonly answer: PeerAnswer;
  readonly token: OutboundToken;
}

/**
 * Makes a call. At most one more attempt each:
 * - with a new token, where the peer says that this one is invalid (RFC 6750 section 3.1);
 * - with a new proof, where the peer wants its nonce in it (RFC 9449 section 9);
 * - of an idempotent call, where the connection was lost before an answer came: a server may close an
 *   idle one just when it is used;
 * - of an idempotent call, where the peer asks to come back and there is time left for it.
 * @internal
 */
export async function makeCall(peer: HttpPeer, call: PreparedCall): Promise<PeerAnswer> {
  const first = await attempt(peer, call);
  const { answer } = isRefusedFor('invalid_token', first.answer)
    ? await renewed(peer, call, first)
    : first;
  const pause = call.isIdempotent ? pauseOf(answer) : undefined;
  if (pause === undefined || performance.now() + pause >= call.deadline) return answer;
  await setTimeout(pause, undefined, { signal: call.signal });
  return (await attempt(peer, call)).answer;
}

async function renewed(peer: HttpPeer, call: PreparedCall, refused: Attempt): Promise<Attempt> {
  const token = await tokenFor(call, refused.token.token);
  // The source has no other: asking again with the same one would change nothing.
  if (token.token === refused.token.token) return refused;
  return { token, answer: await send(peer, call, token) };
}

async function attempt(peer: HttpPeer, call: PreparedCall): Promise<Attempt> {
  const token = await tokenFor(call);
  try {
    return { token, answer: await send(peer, call, token) };
  } catch (error) {
    if (!call.isIdempotent || !isLostConnection(error)) throw error;
    // A token of its own for each attempt: the first may have come through, and used its token up.
    const another = await tokenFor(call);
    return { token: another, answer: await send(peer, call, another) };
  }
}

function tokenFor(call: PreparedCall, refused?: string): OutboundToken | Promise<OutboundToken> {
  const { source, audience, scopes, subject, bound, method, target, content, signal } = call;
  signal.throwIfAborted();
  const token = source.token({
    audience,
    scopes,
    subject,
    refused,
    binding: bound ? { method, url: target.url, body: content.body } : undefined,
  });
  return token instanceof Promise ? unlessAborted(token, signal) : token;
}

async function send(peer: HttpPeer, call: PreparedCall, token: OutboundToken): Promise<PeerAnswer> {
  const { method, target, content, trace, bound, signal } = call;
  const { url } = target;
  const { body } = content;
  const request = async (): Promise<PeerAnswer> => {
    const credentials = credentialHeaders(token, { method, url, body, bound });
    const headers = { ...content.headers, ...trace, ...(await credentials) };
    const answer = await peer.send({ method, target: target.target, headers, body, signal });
    token.proofs?.remember(url, [answer.headers['dpop-nonce']].flat()[0]);
    return answer;
  };
  const answer = await request();
  return token.proofs && isRefusedFor('use_dpop_nonce', answer) ? request() : answer;
}

/** A source may be shared: a call that is given up leaves it alone. */
function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** RFC 6750 section 3, RFC 9449 section 9: the error that a challenge names. */
function isRefusedFor(error: string, { status, headers }: PeerAnswer): boolean {
  const challenges = [headers['www-authenticate'] ?? []].flat().join();
  return status === 401 && new RegExp(`\\berror="?${error}\\b`).test(challenges);
}

function isLostConnection(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function pauseOf({ status, headers }: PeerAnswer): number | undefined {
  if (status !== 503 && status !== 429) return undefined;
  const seconds = retryAfterSeconds(headers['retry-after'], Date.now() / 1000);
  return seconds === undefined ? undefined : seconds * 1000;
}
