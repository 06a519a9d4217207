/**
 * The client of Census: one question, asked as the user of the request.
 * Must not know notifications, or what an error becomes in Herald's own answers.
 */
import { parseStrictJson, type SelfIssuedTokens } from '@countersign/token';
import { Pool } from 'undici';
import { z } from 'zod';

import { CensusError } from './census-error.js';
import { isCensusUserUri } from './census-user-uri.js';

/** A user as Census answers. */
export interface CensusUser {
  readonly uri: string;
  readonly name: string;
  readonly email: string;
}

/** What the client needs. */
export interface CensusClientOptions {
  /** Census's own URL with its trailing slash: audience of the tokens, and the only origin asked. */
  readonly url: string;
  readonly tokens: SelfIssuedTokens;
  /** For the whole exchange, in milliseconds; 3000 unless given. */
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

const userAnswer = z.object({ uri: z.string(), name: z.string(), email: z.string() });
const refusalAnswer = z.object({ decision: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });

/** Asks Census for users, on behalf of somebody. */
export class CensusClient {
  private readonly pool: Pool;
  private readonly timeoutMs: number;

  constructor(private readonly options: CensusClientOptions) {
    const { url, timeoutMs = 3000 } = options;
    this.timeoutMs = timeoutMs;
    this.pool = new Pool(new URL(url).origin, {
      connections: 32,
      pipelining: 1,
      connectTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: MAX_ANSWER_BYTES,
      maxHeaderSize: 16 * 1024,
    });
  }

  /**
   * The user behind a URI, exactly as if the subject had asked.
   * @param uri A user URI of Census; any other is a TypeError, and nothing is sent.
   * @param subject URI of the user on whose behalf Herald asks.
   * @throws CensusError `forbidden` (403), `missing` (404), `unavailable` (everything else).
   */
  async user(uri: string, subject: string): Promise<CensusUser> {
    if (!isCensusUserUri(this.options.url, uri)) throw new TypeError('not a user URI of Census');
    return readUser(await this.ask(uri, subject), uri);
  }

  /** Waits for what is under way, then closes the connections. */
  close(): Promise<void> {
    return this.pool.close();
  }

  private async ask(uri: string, subject: string): Promise<Answer> {
    const { url: audience, tokens } = this.options;
    const token = await tokens.token({ audience, subject, scopes: ['users:read'] });
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const { pathname } = new URL(uri);
      const { statusCode, headers, body } = await this.pool.request({
        method: 'GET',
        path: pathname,
        headers: { jwt: token, accept: 'application/json', 'accept-encoding': 'identity' },
        signal,
      });
      return {
        status: statusCode,
        contentType: [headers['content-type']].flat().join(),
        body: Buffer.from(await body.arrayBuffer()),
      };
    } catch (cause) {
      throw new CensusError('unavailable', `Census did not answer (${errorCode(cause)})`, {
        cause,
      });
    }
  }
}

function readUser({ status, contentType, body }: Answer, uri: string): CensusUser {
  if (status !== 200) throw refusalOf(status, body);
  if (!JSON_TYPE.test(contentType))
    throw new CensusError('unavailable', 'Census answered something that is not JSON');
  const user = userAnswer.safeParse(parseJson(body));
  if (!user.success) throw new CensusError('unavailable', 'Census answered no user');
  if (user.data.uri !== uri)
    throw new CensusError('unavailable', 'Census answered with another user');
  return user.data;
}

function refusalOf(status: number, body: Buffer): CensusError {
  const decision = decisionOf(body);
  if (status === 403)
    return new CensusError('forbidden', 'Census refused the subject', { decision });
  if (status === 404) return new CensusError('missing', 'Census knows no such user');
  // 401 is our own credential: whoever asked Herald can do nothing about it.
  return new CensusError('unavailable', `Census answered ${status}`, { decision });
}

/** The id under which Census explains a refusal; nothing else of the answer goes into our log. */
function decisionOf(body: Buffer): string | undefined {
  const { data } = refusalAnswer.safeParse(parseJson(body));
  return data?.decision;
}

/** The JSON value, or `undefined` when it is not one that every parser reads alike. */
function parseJson(body: Buffer): unknown {
  try {
    return parseStrictJson(body);
  } catch {
    return undefined;
  }
}

function errorCode(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}
