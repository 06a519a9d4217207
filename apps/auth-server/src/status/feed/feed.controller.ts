import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { ProblemException } from '@countersign/runtime';

import { networkOf } from '../../token/limits/network-of.js';
import type { RateLimit } from '../../token/limits/rate-limit.js';
import type { RevocationPosition } from '../live-revocations.js';
import { FEED_LIMIT } from '../status.constants.js';
import { followerPosition } from './follower-position.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationStreams } from './revocation-streams.js';

interface Request {
  readonly ip: string;
  readonly method: string;
  readonly raw: IncomingMessage;
}

interface Reply {
  readonly raw: ServerResponse;
  hijack(): void;
  code(status: number): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body?: Buffer): unknown;
}

const reason =
  'revocation feed: guards follow it without credentials; it holds ids of tokens, clients, users ' +
  'and keys that are refused everywhere, nothing that opens a door, and its reader checks our signature';

/** `GET /oauth2/revocations`: what is revoked, as signed messages, one by one or as a stream. */
@Controller('oauth2/revocations')
export class FeedController {
  constructor(
    @Inject(RevocationFeed) private readonly feed: RevocationFeed,
    @Inject(RevocationStreams) private readonly streams: RevocationStreams,
    @Inject(FEED_LIMIT) private readonly limit: RateLimit,
  ) {}

  /** One message; or a stream, for whoever accepts that. */
  @Get()
  @Public({ reason })
  async read(@Req() request: Request, @Res() reply: Reply, @Query() query: unknown): Promise<void> {
    const { accept = '' } = request.raw.headers;
    const isStream = /(^|[\s,])text\/event-stream([\s;,]|$)/i.test(accept);
    if (isStream) return this.stream(request, reply, query);
    this.admit(networkOf(request.ip));
    await this.answer(request, reply, followerPosition(query, undefined));
  }

  /** A stream (server-sent events), resumable by `Last-Event-ID`. */
  @Get('stream')
  @Public({ reason })
  async stream(
    @Req() request: Request,
    @Res() reply: Reply,
    @Query() query: unknown,
  ): Promise<void> {
    const network = networkOf(request.ip);
    this.admit(network);
    const position = followerPosition(query, request.raw.headers['last-event-id']);
    // Who asks for the head only would hold a stream that says nothing.
    if (request.method !== 'GET') return this.answer(request, reply, position);
    if (!this.streams.hasRoomFor(network)) throw new ProblemException(503, { retryAfter: 5 });
    // Refused as a request, while it still can be, when there is nothing to stream.
    await this.feed.next(position);
    if (!this.streams.hasRoomFor(network)) throw new ProblemException(503, { retryAfter: 5 });
    reply.hijack();
    this.streams.open(reply.raw, { network, position });
  }

  private async answer(
    request: Request,
    reply: Reply,
    position: RevocationPosition,
  ): Promise<void> {
    const { jws } = await this.feed.next(position);
    const etag = `"${createHash('sha256').update(jws).digest('base64url')}"`;
    reply.headers({ 'cache-control': 'no-cache', vary: 'accept', etag });
    if (request.raw.headers['if-none-match'] === etag) reply.code(304).send();
    else reply.headers({ 'content-type': 'application/jwt' }).send(Buffer.from(jws));
  }

  private admit(network: string): void {
    const wait = this.limit.take(network);
    if (wait > 0) throw new ProblemException(429, { code: 'TOO_MANY_REQUESTS', retryAfter: wait });
  }
}
