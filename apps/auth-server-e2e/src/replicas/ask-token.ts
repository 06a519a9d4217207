import { send, type Answer } from '@countersign/fleet';

/** A client and what it knows. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** client_credentials at one replica, by client_secret_basic. */
export function askToken(
  url: string,
  client: Credentials,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(`${url}/oauth2/token`, {
    method: 'POST',
    basic: client,
    form: { grant_type: 'client_credentials', ...parameters },
  });
}
