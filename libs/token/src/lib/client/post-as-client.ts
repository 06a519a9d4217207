import { boundedAnswer, type AnswerBounds, type BoundedAnswer } from '../net/bounded-answer.js';
import type { ClientAuthentication } from './client-authentication.js';

/** What is posted beside the credentials. @internal */
export interface ClientForm {
  readonly form?: Readonly<Record<string, string>>;
  /** Makes further header fields, once the credentials are there. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
}

/**
 * Posts a form to an endpoint of an authorization server, as this client, with credentials made anew.
 * Rejects as {@link boundedAnswer} does, and with whatever the client's own signer throws.
 * @internal
 */
export async function postAsClient(
  url: string,
  { issuer, client }: { readonly issuer: string; readonly client: ClientAuthentication },
  { form, headers }: ClientForm,
  bounds: AnswerBounds,
): Promise<BoundedAnswer> {
  const credentials = await client.credentials(issuer);
  const init = {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...credentials.headers,
      ...(await headers?.()),
    },
    body: new URLSearchParams({ ...form, ...credentials.form }).toString(),
  };
  return boundedAnswer(url, init, bounds);
}
