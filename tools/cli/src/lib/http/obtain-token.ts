import { CliError } from '../cli-error.js';
import type { Settings } from '../settings/settings.js';
import { objectOf, refusalOf, textOf } from './answers.js';
import { send } from './send.js';

/** What is asked of the token endpoint. */
export interface TokenRequest {
  readonly audience: string;
  /** All that is granted, unless given. */
  readonly scope?: string;
  /** The user the client speaks for. */
  readonly subject?: string;
}

/** A token and what the server says about it. */
export interface ObtainedToken {
  readonly token: string;
  readonly scope: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** Client credentials (RFC 6749 section 4.4) for one audience (RFC 8707), by HTTP Basic. */
export async function obtainToken(
  { server, issuer, client, secret, timeout }: Settings,
  { audience, scope, subject }: TokenRequest,
): Promise<ObtainedToken> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource: audience });
  if (scope !== undefined) form.set('scope', scope);
  if (subject !== undefined) form.set('requested_subject', subject);
  const answer = await send({
    method: 'POST',
    url: `${server}/oauth2/token`,
    headers: {
      authorization: `Basic ${Buffer.from(`${encode(client)}:${encode(secret)}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: form.toString(),
    timeout,
  });
  if (answer.status !== 200) throw tokenRefusal(refusalOf(answer), { client, audience, issuer });
  const body = objectOf(answer.json);
  const expiresIn = body['expires_in'];
  return {
    token: textOf(body, 'access_token'),
    scope: textOf(body, 'scope'),
    expiresIn: typeof expiresIn === 'number' ? expiresIn : 0,
  };
}

/** RFC 6749 section 2.3.1: both are form-urlencoded within the header. */
const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

function tokenRefusal(
  refusal: CliError,
  { client, audience, issuer }: { client: string; audience: string; issuer: string },
): CliError {
  const code = refusal.problem?.['error'];
  const fix = fixes[typeof code === 'string' ? code : ''];
  if (fix === undefined) return refusal;
  return new CliError('refused', `No token for ${audience}: ${String(code)}.`, {
    fix: fix.replaceAll('{client}', client).replaceAll('{issuer}', issuer),
    problem: refusal.problem,
  });
}

const fixes: Readonly<Record<string, string>> = {
  invalid_client:
    'Check the client id {client} and its secret: one of them is wrong, or the secret has expired.',
  invalid_target:
    'Grant the client {client} this audience (countersign grant add); or, if the server knows itself by another name than {issuer}, give that: --issuer <url>',
  invalid_scope:
    'Grant the client {client} the scopes it asks for (countersign grant list {client}).',
  unauthorized_client:
    'Grant the client {client} the right to name subjects (grant add --subjects).',
};
