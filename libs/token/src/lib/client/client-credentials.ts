import { serverSource, type ServerSourceOptions } from './server-source.js';
import type { TokenSource } from './token-source.js';

/** What {@link clientCredentials} needs. @publicApi */
export interface ClientCredentialsOptions extends ServerSourceOptions {
  /**
   * Whether the server knows `requested_subject`, an extension of Countersign's own: then the source
   * also has tokens for users. Another server would ignore it, and answer with a token for the service.
   */
  readonly requestedSubject?: boolean;
}

/**
 * A source of tokens that an authorization server gives to this client in its own right (RFC 6749
 * section 4.4), remembered and renewed early.
 *
 * `token` rejects with a TokenAcquisitionError when the server gives none, and with a TypeError for a
 * subject unless `requestedSubject` is told, for a bound request, an empty audience, a malformed scope.
 *
 * @throws TypeError that names the option: an issuer or endpoint that is not https (nor http on a
 * loopback host), bounds out of range.
 * @example
 * clientCredentials({ issuer: 'https://auth.example', client: clientSecretBasic('herald', secret) })
 * @publicApi
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const { requestedSubject = false } = options;
  return serverSource(options, {
    name: 'client_credentials',
    forUsers: requestedSubject,
    check: ({ subject }) => {
      if (subject !== undefined && !requestedSubject)
        throw new TypeError('client credentials speak for the client, not for a user');
    },
    acquire: (ask, request) => {
      const { subject } = request;
      return ask(
        {
          grant_type: 'client_credentials',
          ...(subject && { requested_subject: subject.uri }),
        },
        request,
      );
    },
    subjectKey: ({ uri }) => uri,
  });
}
