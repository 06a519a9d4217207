import type { ClientAuthentication } from '@countersign/token';
import type { ClientAuth } from 'openid-client';

/** Lets openid-client prove the client in the way that tokens are exchanged with, too. */
export function openidAuthentication(client: ClientAuthentication): ClientAuth {
  return async (server, _, body, headers) => {
    const credentials = await client.credentials(server.issuer);
    body.set('client_id', client.clientId);
    for (const [name, value] of Object.entries(credentials.form ?? {})) body.set(name, value);
    for (const [name, value] of Object.entries(credentials.headers ?? {})) headers.set(name, value);
  };
}
