/**
 * A revocation feed that is well, or broken, slow, lying or hostile, as the test says. Speaks
 * server-sent events and single messages, signed with the key of its issuer.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Json } from '@countersign/token';

import { compactJwt } from './compact-jwt.js';
import type { TestIssuer } from './create-test-issuer.js';
import { createTestKey } from './test-key.js';

/**
 * How a feed behaves: `events` and `messages` (which knows no events) are well. `stall` sends headers
 * and nothing more, `drip` bytes that never make a message, `garbage` no JWS, `forged` a signature by
 * another key, `older` its very first message again, `gap` a message that leaves versions out,
 * `unknown` an entry of a kind nobody knows, `huge` more than any reader should hold, `away` 503,
 * `redirect` somewhere else.
 * @publicApi
 */
export type FeedMode =
  | 'events'
  | 'messages'
  | 'stall'
  | 'drip'
  | 'garbage'
  | 'forged'
  | 'older'
  | 'gap'
  | 'unknown'
  | 'huge'
  | 'away'
  | 'redirect';

/** What a reader asked for. @publicApi */
export interface FeedQuestion {
  readonly accept: string;
  readonly after: string | null;
  readonly epoch: string | null;
  readonly lastEventId: string | undefined;
}

/** A feed under the control of a test. @publicApi */
export interface TestRevocationFeed {
  mode: FeedMode;
  readonly epoch: string;
  readonly version: number;
  readonly questions: readonly FeedQuestion[];
  /** Open event streams. */
  readonly streams: number;
  /** Revokes: an entry as it travels, without `v`. Told to all streams at once. */
  revoke(entry: Readonly<Record<string, Json>>): void;
  /** Tells all streams that nothing is new, as of the issuer's clock. */
  beat(): void;
  /** Forgets everything and counts anew, as a restored store does. */
  startAnew(): void;
  /** Cuts all streams. */
  cut(): void;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Bounds of a test feed. @publicApi */
export interface TestFeedOptions {
  /** Entries in one message; 1,000 unless told. */
  readonly pageSize?: number;
}

/** Where `TestIssuer.serve` puts the feed. @internal */
export const feedPath = '/oauth2/revocations';

/** Makes a feed; `issuer.serve({ feed })` puts it on a socket. @publicApi */
export function testRevocationFeed(
  issuer: Pick<TestIssuer, 'issuer' | 'clock' | 'key'>,
  options: TestFeedOptions = {},
): TestRevocationFeed {
  return new MemoryFeed(issuer, options.pageSize ?? 1000);
}

class MemoryFeed implements TestRevocationFeed {
  mode: FeedMode = 'events';
  epoch = randomUUID();
  readonly questions: FeedQuestion[] = [];
  readonly #streams = new Map<ServerResponse, { at: number; epoch: string }>();
  #entries: Readonly<Record<string, Json>>[] = [];
  #first: string | undefined;

  constructor(
    private readonly issuer: Pick<TestIssuer, 'issuer' | 'clock' | 'key'>,
    private readonly pageSize: number,
  ) {}

  get version(): number {
    return this.#entries.length;
  }

  get streams(): number {
    return this.#streams.size;
  }

  revoke(entry: Readonly<Record<string, Json>>): void {
    this.#entries.push(entry);
    this.beat();
  }

  beat(): void {
    for (const response of this.#streams.keys()) this.#push(response);
  }

  startAnew(): void {
    this.epoch = randomUUID();
    this.#entries = [];
  }

  cut(): void {
    for (const response of this.#streams.keys()) response.destroy();
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(request.url ?? '/', 'http://feed');
    const { accept = '', 'last-event-id': lastEventId } = request.headers;
    const [after, epoch] = [searchParams.get('after'), searchParams.get('epoch')];
    this.questions.push({ accept, after, epoch, lastEventId: lastEventId as string | undefined });
    const isKnown = epoch === this.epoch && Number(after) <= this.version;
    const at = isKnown ? Number(after) : 0;
    if (this.mode === 'away') return void response.writeHead(503).end();
    if (this.mode === 'redirect') return void response.writeHead(302, { location: feedPath }).end();
    if (this.mode !== 'messages' && accept.includes('text/event-stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.#streams.set(response, { at, epoch: this.epoch });
      response.on('close', () => this.#streams.delete(response));
      return this.#push(response);
    }
    response.writeHead(200, { 'content-type': 'application/jwt' });
    if (this.mode === 'stall') return void response.flushHeaders();
    if (this.mode === 'drip') return this.#drip(response);
    response.end(this.#message(at));
  }

  #push(response: ServerResponse): void {
    if (this.mode === 'stall') return;
    if (this.mode === 'drip') return this.#drip(response);
    const stream = this.#streams.get(response) ?? { at: 0, epoch: this.epoch };
    if (stream.epoch !== this.epoch) Object.assign(stream, { at: 0, epoch: this.epoch });
    do {
      const to = Math.min(stream.at + this.pageSize, this.version);
      response.write(`: hello\nid: ${this.epoch}:${to}\nevent: revocations\n`);
      response.write(`data: ${this.#message(stream.at)}\n\n`);
      stream.at = to;
    } while (stream.at < this.version);
  }

  #drip(response: ServerResponse): void {
    const timer = setInterval(() => response.write(':'), 5);
    response.on('close', () => clearInterval(timer));
  }

  #message(from: number): string {
    if (this.mode === 'garbage') return 'no.jws.here';
    if (this.mode === 'huge') return 'a'.repeat(3 * 1024 * 1024);
    if (this.mode === 'older' && this.#first !== undefined) return this.#first;
    const { key } = this.issuer;
    const header = { alg: key.algorithm, typ: 'revocations+jwt', kid: key.kid };
    const forger = this.mode === 'forged' ? createTestKey(key.algorithm, key.kid) : key;
    const message = compactJwt(header, this.#claims(from), forger);
    this.#first ??= message;
    return message;
  }

  #claims(from: number): object {
    const iat = Math.floor(this.issuer.clock.now());
    const to = Math.min(from + this.pageSize, this.version);
    const known = this.#entries
      .slice(from, to)
      .map((entry, at) => ({ v: from + at + 1, ...entry }));
    const entries = this.mode === 'unknown' ? [{ v: to, kind: 'tenant', exp: iat }] : known;
    const skipped = this.mode === 'gap' ? 1 : 0;
    return {
      iss: this.issuer.issuer,
      iat,
      exp: iat + 60,
      epoch: this.epoch,
      from: from + skipped,
      to: to + skipped,
      more: to < this.version,
      entries,
    };
  }
}
