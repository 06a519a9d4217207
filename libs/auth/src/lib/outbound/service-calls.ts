import type { Duration, OutboundSubject, TokenSource } from '@countersign/token';

import { toldCall } from './call-channel.js';
import { callContent } from './call-content.js';
import { callTarget, type CallQuery } from './call-target.js';
import type { HttpPeer } from './http-peer.js';
import { answerOf, type CallName, type ServiceAnswer } from './service-answer.js';
import { makeCall, type PreparedCall } from './service-call.js';
import { checkedTimeout, type ResolvedClient } from './service-client.options.js';
import { failureOf } from './failure-of.js';
import type { TraceContext } from './trace-context.js';

/** What one call needs besides its path. @publicApi */
export interface CallOptions<Scope extends string = string> {
  readonly query?: CallQuery;
  /** Besides those that the client writes itself; none that carries a credential. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the scopes of the client. */
  readonly scopes?: readonly Scope[];
  /** Whether the token is signed for this very request; as the client's options say unless told. */
  readonly bound?: boolean;
  /** Whether doing it twice does no more than once: GET, PUT and DELETE unless told. */
  readonly idempotent?: boolean;
  /** Statuses besides 2xx that are no error, such as 304 or 404. */
  readonly expect?: readonly number[];
  /** For this call, instead of the client's. */
  readonly timeout?: Duration;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** Options of a call whose JSON is wanted. @publicApi */
export interface JsonCallOptions<Result, Scope extends string = string> extends CallOptions<Scope> {
  /** Checks and narrows the JSON, such as the `parse` of a zod schema; what it throws is thrown. */
  readonly parse?: (json: unknown) => Result;
}

/** As whom calls are made, and with what. @internal */
export interface CallsContext {
  readonly client: ResolvedClient;
  readonly peer: HttpPeer;
  readonly source: TokenSource;
  readonly subject: OutboundSubject | undefined;
  readonly trace: TraceContext;
}

const idempotent: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);

/**
 * Calls to one service, as the user of the request or as this service: every one with a token, none
 * that leaves the service's own URL, no redirect followed.
 *
 * Every call rejects with a ServiceCallError where there is no good answer, with a
 * TokenAcquisitionError where there is no token, and with a TypeError for a path, header or body that
 * cannot be sent; then nothing was sent.
 * @publicApi
 */
export class ServiceCalls<Scope extends string = string> {
  readonly #context: CallsContext;

  /** @internal */
  constructor(context: CallsContext) {
    this.#context = context;
  }

  /** The JSON that a GET answers. */
  get<Result = unknown>(path: string, options?: JsonCallOptions<Result, Scope>): Promise<Result> {
    return this.#json('GET', path, undefined, options);
  }

  /** The JSON that a POST answers. */
  post<Result = unknown>(
    path: string,
    body?: unknown,
    options?: JsonCallOptions<Result, Scope>,
  ): Promise<Result> {
    return this.#json('POST', path, body, options);
  }

  /** The JSON that a PUT answers. */
  put<Result = unknown>(
    path: string,
    body?: unknown,
    options?: JsonCallOptions<Result, Scope>,
  ): Promise<Result> {
    return this.#json('PUT', path, body, options);
  }

  /** The JSON that a PATCH answers. */
  patch<Result = unknown>(
    path: string,
    body?: unknown,
    options?: JsonCallOptions<Result, Scope>,
  ): Promise<Result> {
    return this.#json('PATCH', path, body, options);
  }

  /** The JSON that a DELETE answers. */
  delete<Result = unknown>(
    path: string,
    options?: JsonCallOptions<Result, Scope>,
  ): Promise<Result> {
    return this.#json('DELETE', path, undefined, options);
  }

  /**
   * The whole answer to a request.
   * @param path From the service's URL on, or a whole URL below that; written as it is sent.
   * @param options With `body`: bytes, or what JSON can say.
   */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    options: CallOptions<Scope> & { readonly body?: unknown } = {},
  ): Promise<ServiceAnswer> {
    const { client, peer } = this.#context;
    const call = this.#prepare(method, path, options);
    const name: CallName = { service: client.name, method, path: call.target.path };
    const { service } = name;
    return toldCall({ service, method, trace: call.trace }, async (trace) => {
      try {
        return answerOf(await makeCall(peer, { ...call, trace }), name, options.expect);
      } catch (error) {
        throw failureOf(error, name, options.signal);
      }
    });
  }

  async #json<Result>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    { parse, ...options }: JsonCallOptions<Result, Scope> = {},
  ): Promise<Result> {
    const answer = await this.request(method, path, { ...options, body });
    const json: unknown = answer.json();
    return parse === undefined ? (json as Result) : parse(json);
  }

  #prepare(
    method: string,
    path: string,
    options: CallOptions<Scope> & { readonly body?: unknown },
  ): PreparedCall {
    const { client, source, subject, trace } = this.#context;
    const { scopes = client.scopes, bound = client.bound } = options;
    const timeout =
      options.timeout === undefined ? client.timeout : checkedTimeout(options.timeout);
    const late = AbortSignal.timeout(timeout);
    return {
      method,
      target: callTarget(client.url, path, options.query),
      content: callContent(options.body, options.headers),
      source,
      audience: client.audience,
      scopes,
      subject,
      bound,
      isIdempotent: options.idempotent ?? idempotent.has(method),
      trace,
      signal: options.signal === undefined ? late : AbortSignal.any([late, options.signal]),
      deadline: performance.now() + timeout,
    };
  }
}
