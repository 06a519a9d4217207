/**
 * Asks one server about tokens (RFC 7662): bounded, once for all who ask about the same token, and
 * never twice for one that was just said to be inactive. Knows no claims and no route.
 */
import { hash } from 'node:crypto';

import { RecentMap } from '../cache/recent-map.js';
import type { ClientAuthentication } from '../client/client-authentication.js';
import { postAsClient } from '../client/post-as-client.js';
import { AccessError } from '../errors.js';
import type { BoundedAnswer } from '../net/bounded-answer.js';
import { retryAfterSeconds } from '../net/retry-after.js';
import type { Clock } from '../types.js';
import type { IntrospectedToken, Introspection } from './introspection.js';
import { Outage } from './outage.js';
import { readIntrospection } from './read-introspection.js';

/** What an introspector works with. @internal */
export interface IntrospectorOptions {
  /** Our own name for the server, for refusals. */
  readonly name: string;
  readonly issuer: string;
  readonly endpoint: () => Promise<string>;
  readonly client: ClientAuthentication;
  readonly readsJwts: boolean;
  /** Seconds, as for the port. */
  readonly maxAge: number;
  /** Milliseconds for one question. */
  readonly timeout: number;
  /** Most questions under way at a time. */
  readonly concurrency: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

const maxBytes = 64 * 1024;
const mostInactive = 10_000;
const inactiveFor = 5000;

/** @internal */
export class Introspector implements Introspection {
  readonly readsJwts: boolean;
  readonly maxAge: number;
  /** By digest: nothing that is held here can be used as a token. */
  readonly #underWay = new Map<string, Promise<IntrospectedToken>>();
  readonly #inactiveUntil = new RecentMap<number>(mostInactive);
  readonly #outage: Outage;

  constructor(private readonly options: IntrospectorOptions) {
    this.readsJwts = options.readsJwts;
    this.maxAge = options.maxAge;
    this.#outage = new Outage(options.clock);
  }

  async ask(token: string): Promise<IntrospectedToken> {
    const digest = hash('sha256', token, 'base64url');
    const until = this.#inactiveUntil.get(digest) ?? -Infinity;
    if (this.options.clock.monotonic() < until) throw this.#inactive();
    const underWay = this.#underWay.get(digest);
    if (underWay !== undefined) return underWay;
    this.#mayAsk();
    const question = this.#question(token, digest).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, question);
    return question;
  }

  #mayAsk(): void {
    const { concurrency } = this.options;
    const wait = this.#outage.wait(this.#underWay.size);
    if (wait > 0) throw this.#unavailable(new Error('it failed a moment ago'), wait);
    if (this.#underWay.size >= concurrency)
      throw this.#unavailable(new Error(`${concurrency} questions are under way`), 1000);
  }

  async #question(token: string, digest: string): Promise<IntrospectedToken> {
    const askedAt = this.options.clock.monotonic();
    const claims = await this.#answer(token);
    if (claims !== 'inactive') return { claims, askedAt };
    this.#inactiveUntil.set(digest, askedAt + inactiveFor);
    throw this.#inactive();
  }

  async #answer(token: string): Promise<ReturnType<typeof readIntrospection>> {
    const { clock } = this.options;
    let asked: number | undefined;
    let isAboutToken = false;
    try {
      const { status, headers, body } = await this.#send(token);
      asked = retryAfterSeconds(headers.get('retry-after'), clock.now());
      // A question that the server could not bear says nothing of the next one.
      isAboutToken = status === 400;
      if (status !== 200) throw new Error(`it answered ${status}`);
      const answer = readIntrospection(body);
      this.#outage.answered();
      return answer;
    } catch (cause) {
      if (!isAboutToken) this.#outage.failed(asked);
      throw this.#unavailable(cause, this.#outage.wait(0));
    }
  }

  async #send(token: string): Promise<BoundedAnswer> {
    const { endpoint, timeout, fetch: ask } = this.options;
    const form = { token, token_type_hint: 'access_token' };
    const bounds = { ask, timeout, maxBytes, reads: (status: number) => status === 200 };
    return postAsClient(await endpoint(), this.options, { form }, bounds);
  }

  #inactive(): AccessError {
    return new AccessError('TOKEN_INACTIVE', {
      detail: {
        check: 'introspection',
        issuer: this.options.name,
        expected: 'active: true',
        got: 'active: false',
        fix: 'ask for a new token; or let this client introspect tokens of its audience',
      },
    });
  }

  #unavailable(cause: unknown, wait: number): AccessError {
    return new AccessError('INTROSPECTION_UNAVAILABLE', {
      cause,
      retryAfter: Math.max(1, Math.ceil(wait / 1000)),
      detail: {
        check: 'introspection',
        issuer: this.options.name,
        expected: 'an introspection response (RFC 7662 section 2.2)',
        fix: 'make the introspection endpoint answer this client',
      },
    });
  }
}
