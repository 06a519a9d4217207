import { parseToken, type JsonObject } from '@countersign/token';

import { userUri, webClient } from '../data/seeds.js';
import { tokenFor } from '../request-token.js';
import type { Fleet } from '../start-fleet.js';
import { expectThat } from './expect-that.js';

/** A token of the web client, and what it says. @internal */
export interface ObtainedToken {
  readonly token: string;
  readonly claims: JsonObject;
}

/**
 * Asks the auth server, as the web client, for a token for Herald that speaks for this user.
 * Throws when it gets none, or one that says something else.
 * @internal
 */
export async function obtainToken(fleet: Fleet, user: number): Promise<ObtainedToken> {
  const { urls } = fleet;
  const subject = userUri(urls, user);
  const token = await tokenFor(fleet, {
    client: webClient,
    audience: urls.herald,
    scope: 'notifications:send',
    subject,
  });
  const { claims } = parseToken(token);
  const audience = [claims['aud']].flat();
  expectThat(
    claims['iss'] === urls.issuer && claims['sub'] === subject && audience.includes(urls.herald),
    'the token names another issuer, subject or audience than was asked for',
  );
  return { token, claims };
}
