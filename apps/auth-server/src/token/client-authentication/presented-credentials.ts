import type { FormParameters } from '../parse-form.js';
import { TokenError } from '../token-error.js';
import { basicCredentials } from './basic-credentials.js';
import { briefId } from './brief-id.js';
import type { ClientCertificate } from './client-certificate.js';

/** A secret and the client it is said to be of. */
export interface PresentedSecret {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'api_key';
  readonly id: string;
  readonly secret: string;
}

/** A signed assertion, and the client it is said to be for, if the request says so. */
export interface PresentedAssertion {
  readonly method: 'assertion';
  readonly id: string | undefined;
  readonly assertion: string;
}

/** The certificate of the connection, and the client it is said to be of. */
export interface PresentedCertificate {
  readonly method: 'certificate';
  readonly id: string;
  readonly certificate: ClientCertificate;
}

/** Credentials and how they came; believed by nobody yet. */
export type PresentedCredentials = PresentedSecret | PresentedAssertion | PresentedCertificate;

/** Where a request may carry the credentials of a client. */
export interface CredentialFields {
  /** Every `Authorization` header field. */
  readonly authorization: readonly string[];
  /** Every `X-API-Key` header field. */
  readonly apiKey: readonly string[];
  readonly form: FormParameters;
  /** The certificate of the connection, if it has one; looked at only where it is asked for. */
  certificate(): ClientCertificate | undefined;
}

/** RFC 7523 section 2.2. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Finds the one set of credentials of a request. Refuses two (`invalid_request`, RFC 6749 section
 * 2.3: one method per request), none and malformed ones (`invalid_client`).
 *
 * The certificate of the connection counts where there is nothing else: connections have one for other
 * reasons, too.
 *
 * `clientOf` reads the client's id out of an API key.
 */
export function presentedCredentials(
  { authorization, apiKey, form, certificate }: CredentialFields,
  clientOf: (apiKey: string) => string | undefined,
): PresentedCredentials {
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  const [header] = authorization;
  const [key] = apiKey;
  if (authorization.length + apiKey.length > 1) throw ambiguous('two credentials in the header');
  const inBody = Number(secret !== undefined) + Number(assertion !== undefined);
  const inHeader = authorization.length + apiKey.length;
  if (inHeader + inBody > 1) throw ambiguous('more than one credential');
  if (header !== undefined) return fromHeader(header, form);
  if (key !== undefined) return fromApiKey(key, form, clientOf);
  if (assertion !== undefined) return fromAssertion(assertion, form);
  return fromBody(secret, form, certificate);
}

function fromHeader(header: string, form: FormParameters): PresentedSecret {
  const credentials = basicCredentials(header);
  if (!credentials) {
    throw new TokenError('invalid_client', {
      reason: 'the Authorization header holds no well-formed Basic credentials',
      challenge: true,
    });
  }
  refuseAnotherId(form, credentials.id);
  return { ...credentials, method: 'client_secret_basic' };
}

function fromApiKey(
  key: string,
  form: FormParameters,
  clientOf: (apiKey: string) => string | undefined,
): PresentedSecret {
  const id = clientOf(key);
  if (id === undefined) {
    throw new TokenError('invalid_client', { reason: 'the API key is none of ours, or misspelt' });
  }
  refuseAnotherId(form, id);
  return { method: 'api_key', id, secret: key };
}

function fromAssertion(assertion: string, form: FormParameters): PresentedAssertion {
  const id = form.get('client_id');
  if (form.get('client_assertion_type') !== assertionType) {
    throw new TokenError('invalid_client', {
      reason: 'the client assertion is of another type than a JWT',
      client: id === undefined ? undefined : briefId(id),
    });
  }
  return { method: 'assertion', id, assertion };
}

function fromBody(
  secret: string | undefined,
  form: FormParameters,
  certificateOf: CredentialFields['certificate'],
): PresentedSecret | PresentedCertificate {
  const id = form.get('client_id');
  if (id !== undefined && secret !== undefined) return { id, secret, method: 'client_secret_post' };
  // RFC 8705 section 2: the request names its client, which no certificate does.
  const certificate = id === undefined ? undefined : certificateOf();
  if (id !== undefined && certificate) return { id, certificate, method: 'certificate' };
  throw new TokenError('invalid_client', {
    reason: 'no credentials',
    client: id === undefined ? undefined : briefId(id),
  });
}

function refuseAnotherId(form: FormParameters, id: string): void {
  const named = form.get('client_id');
  if (named !== undefined && named !== id) throw ambiguous('two client ids');
}

function ambiguous(reason: string): TokenError {
  return new TokenError('invalid_request', {
    reason,
    description: 'The request carries more than one set of client credentials',
  });
}
