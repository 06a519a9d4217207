/**
 * The client of Census: one question, asked as a user.
 * Must not know notifications, tokens, or what an error becomes in Herald's own answers.
 */
import { Inject, Injectable } from '@nestjs/common';
import {
  InjectClient,
  ServiceCallError,
  ServiceClient,
  type ServiceCalls,
} from '@countersign/auth';
import { TokenAcquisitionError } from '@countersign/token';
import { z } from 'zod';

import { CensusError } from './census-error.js';
import { isCensusUserUri } from './census-user-uri.js';

/** A user as Census answers. */
export type CensusUser = z.output<typeof userAnswer>;

const userAnswer = z.object({ uri: z.string(), name: z.string(), email: z.string() });

/** Injection token of Census's own URL, with its trailing slash. */
export const CENSUS_URL = Symbol('herald:census-url');

/** Asks Census for users, on behalf of somebody. */
@Injectable()
export class CensusClient {
  constructor(
    @InjectClient('census') private readonly census: ServiceClient,
    @Inject(CENSUS_URL) private readonly url: string,
  ) {}

  /**
   * The user behind a URI, exactly as if the user of the request had asked.
   * @param uri A user URI of Census; any other is a TypeError, and nothing is sent.
   * @throws CensusError `forbidden` (403), `missing` (404), `unavailable` (everything else).
   */
  user(uri: string): Promise<CensusUser> {
    return this.ask(uri, () => this.census.asSubject());
  }

  /**
   * The same for a user who is not there any more.
   * @param asker URI of the user on whose behalf Herald asks.
   * @throws as `user`.
   */
  userFor(uri: string, asker: string): Promise<CensusUser> {
    return this.ask(uri, () => this.census.asUser(asker));
  }

  private async ask(uri: string, as: () => ServiceCalls): Promise<CensusUser> {
    if (!isCensusUserUri(this.url, uri)) throw new TypeError('not a user URI of Census');
    return readUser(await get(as(), uri), uri);
  }
}

async function get(census: ServiceCalls, uri: string): Promise<unknown> {
  try {
    return await census.get(uri);
  } catch (error) {
    throw refusalOf(error);
  }
}

function readUser(json: unknown, uri: string): CensusUser {
  const user = userAnswer.safeParse(json);
  if (!user.success) throw new CensusError('unavailable', 'Census answered no user');
  if (user.data.uri !== uri)
    throw new CensusError('unavailable', 'Census answered with another user');
  return user.data;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof TokenAcquisitionError)
    return new CensusError('unavailable', error.message, { cause: error });
  if (!(error instanceof ServiceCallError)) return error;
  const { status, decision, message } = error;
  const options = { decision, cause: error };
  if (status === 403) return new CensusError('forbidden', 'Census refused the subject', options);
  if (status === 404) return new CensusError('missing', 'Census knows no such user', options);
  // 401 is our own credential: whoever asked Herald can do nothing about it.
  return new CensusError('unavailable', message, options);
}
