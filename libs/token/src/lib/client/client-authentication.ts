/**
 * How this process proves to an authorization server which client it is. Secrets stay in closures, so
 * that no log, error or careless copy can hold them.
 */
import { randomUUID } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import type { Signer } from '../issue/create-signer.js';
import { signJwt } from '../issue/sign-jwt.js';
import type { Clock } from '../types.js';

/** What proves a client in one request. @publicApi */
export interface ClientCredentials {
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters of the form beside those of the grant. */
  readonly form?: Readonly<Record<string, string>>;
}

/** A client and its way to prove itself. @publicApi */
export interface ClientAuthentication {
  readonly clientId: string;
  /** For one request to an endpoint of this issuer. */
  credentials(issuer: string): ClientCredentials | Promise<ClientCredentials>;
}

/** What {@link privateKeyJwt} needs. @publicApi */
export interface PrivateKeyJwtOptions {
  /** What signs; a function is asked for each assertion, so that keys can rotate. */
  readonly signer: Signer | (() => Signer);
  readonly clock?: Clock;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const assertionLifetime = 60;

/**
 * `client_secret_basic`: id and secret in the Authorization header (RFC 6749 section 2.3.1).
 *
 * @throws TypeError for an empty id or secret.
 * @publicApi
 */
export function clientSecretBasic(clientId: string, secret: string): ClientAuthentication {
  checkClient(clientId, secret);
  const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return Object.freeze({ clientId, credentials: () => ({ headers: { authorization } }) });
}

/**
 * `client_secret_post`: id and secret in the form, for servers that know no better.
 *
 * @throws TypeError for an empty id or secret.
 * @publicApi
 */
export function clientSecretPost(clientId: string, secret: string): ClientAuthentication {
  checkClient(clientId, secret);
  const form = { client_id: clientId, client_secret: secret };
  return Object.freeze({ clientId, credentials: () => ({ form }) });
}

/**
 * `private_key_jwt` (RFC 7523 section 2.2): an assertion that the client signs itself, good for 60
 * seconds, one use and this one issuer.
 *
 * @throws TypeError for an empty id.
 * @example
 * privateKeyJwt('herald', { signer: () => keys.signer() })
 * @publicApi
 */
export function privateKeyJwt(
  clientId: string,
  { signer, clock = systemClock }: PrivateKeyJwtOptions,
): ClientAuthentication {
  checkOption(clientId !== '', 'clientId', 'not be empty');
  const credentials = async (issuer: string): Promise<ClientCredentials> => {
    const iat = Math.floor(clock.now());
    const client_assertion = await signJwt(
      typeof signer === 'function' ? signer() : signer,
      'client-authentication+jwt',
      {
        iss: clientId,
        sub: clientId,
        aud: issuer,
        jti: randomUUID(),
        iat,
        exp: iat + assertionLifetime,
      },
    );
    return { form: { client_assertion_type: assertionType, client_assertion } };
  };
  return Object.freeze({ clientId, credentials });
}

/** Refuses, with a TypeError, what is no way to authenticate. @internal */
export function checkAuthentication(client: unknown): void {
  checkOption(
    typeof (client as Partial<ClientAuthentication> | undefined)?.credentials === 'function',
    'client',
    'be a way to authenticate, such as clientSecretBasic(id, secret)',
  );
}

function checkClient(clientId: string, secret: string): void {
  checkOption(clientId !== '', 'clientId', 'not be empty');
  checkOption(secret !== '', 'secret', 'not be empty');
}

/** RFC 6749 appendix B: as a form writes it. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
