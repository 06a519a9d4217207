import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import type { Signer } from '../issue/create-signer.js';
import { selfIssuedTokens } from './self-issued-tokens.js';
import { serverSource, type ServerSourceOptions } from './server-source.js';
import type { OutboundSubject, TokenSource } from './token-source.js';

/** What {@link jwtBearer} needs. @publicApi */
export interface JwtBearerOptions extends ServerSourceOptions {
  /** What signs the assertion; a function is asked for each, so that keys can rotate. */
  readonly signer: Signer | (() => Signer);
  /** The `iss` of the assertion: the client id unless told. */
  readonly assertionIssuer?: string;
}

/**
 * A source of tokens for users whom this client knows without a token of theirs: it says who is meant
 * in an assertion that it signs itself (RFC 7523 section 2.1), good for 60 seconds and one use.
 *
 * `token` rejects with a TokenAcquisitionError when the server gives none, and with a TypeError for a
 * request without a subject, a subject that is no canonical URI, a bound request, an empty audience, a
 * malformed scope.
 *
 * @throws TypeError that names the option: an issuer or endpoint that is not https (nor http on a
 * loopback host), bounds out of range.
 * @example
 * jwtBearer({ issuer: 'https://auth.example', client: privateKeyJwt('herald', { signer }), signer })
 * @publicApi
 */
export function jwtBearer(options: JwtBearerOptions): TokenSource {
  const { issuer, client, signer, clock = systemClock } = options;
  const { assertionIssuer = client.clientId } = options;
  checkOption(assertionIssuer !== '', 'assertionIssuer', 'not be empty');
  const assertions = selfIssuedTokens({ issuer: assertionIssuer, signer, clock });
  return serverSource(options, {
    name: 'jwt-bearer',
    forUsers: true,
    check: ({ subject }) => void uriOf(subject),
    acquire: async (ask, request) => {
      const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
      const subject = uriOf(request.subject);
      const assertion = await assertions.token({ audience: issuer, subject });
      return ask({ grant_type, assertion }, request);
    },
    subjectKey: uriOf,
  });
}

function uriOf(subject: OutboundSubject | undefined): string {
  if (subject === undefined) throw new TypeError('jwt-bearer needs the user it speaks for');
  return subject.uri;
}
