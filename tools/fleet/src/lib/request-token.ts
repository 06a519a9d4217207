import { send, type Answer } from './send.js';
import type { Fleet } from './start-fleet.js';

/** What a token is asked for with. @internal */
export interface TokenRequest {
  /** Client id; its secret is the fleet's. */
  readonly client: string;
  readonly audience?: string;
  /** Separated by spaces. */
  readonly scope?: string;
  /** URI of the user to speak for. */
  readonly subject?: string;
}

/** Asks the auth server for a token with client_credentials, and answers whatever it says. @internal */
export function requestToken(
  fleet: Pick<Fleet, 'urls' | 'secrets'>,
  { client, audience, scope, subject }: TokenRequest,
): Promise<Answer> {
  return send(`${fleet.urls.issuer}/oauth2/token`, {
    method: 'POST',
    basic: { id: client, secret: fleet.secrets[client] ?? '' },
    form: {
      grant_type: 'client_credentials',
      ...(audience !== undefined && { resource: audience }),
      ...(scope !== undefined && { scope }),
      ...(subject !== undefined && { requested_subject: subject }),
    },
  });
}

/** The token itself. Throws an Error with the auth server's `error` when there is none. @internal */
export async function tokenFor(
  fleet: Pick<Fleet, 'urls' | 'secrets'>,
  wanted: TokenRequest,
): Promise<string> {
  const { status, json } = await requestToken(fleet, wanted);
  const token = json['access_token'];
  if (status === 200 && typeof token === 'string') return token;
  throw new Error(`the auth server answered ${status} ${String(json['error'] ?? '')}, not a token`);
}
