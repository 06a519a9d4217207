import { randomUUID } from 'node:crypto';

import { bindingClaims } from '../binding/binding-claims.js';
import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import type { Signer } from '../issue/create-signer.js';
import { signJwt } from '../issue/sign-jwt.js';
import { isScopeToken } from '../parse-scope.js';
import { isCanonicalUri } from '../trust/canonical-uri.js';
import type { Clock } from '../types.js';

/** What {@link selfIssuedTokens} needs. @publicApi */
export interface SelfIssuedOptions {
  /** Our own `iss`, exactly as receivers list it. */
  readonly issuer: string;
  /** What signs; a function is asked for each token, so that keys can rotate. */
  readonly signer: Signer | (() => Signer);
  /** Whole seconds that each token lives: 60 unless told, 300 at most. */
  readonly lifetime?: number;
  readonly clock?: Clock;
}

/** One outbound call. @publicApi */
export interface SelfIssuedRequest {
  /** The `aud` of the receiver. */
  readonly audience: string;
  /** Canonical URI of the user we call for; without it we call for ourselves. */
  readonly subject?: string | undefined;
  readonly scopes?: readonly string[];
  /** The content, exactly as it will be sent: makes the token good for these bytes only. */
  readonly body?: Uint8Array;
  /** The request line: makes the token good for this method, this URL and `body`, if only none. */
  readonly request?: { readonly method: string; readonly url: string | URL };
}

/** A source of tokens that this service signs itself, a new one for each call. @publicApi */
export interface SelfIssuedTokens {
  token(request: SelfIssuedRequest): Promise<string>;
}

const longestLifetime = 300;

/**
 * Makes `service+jwt` tokens of our own: `iss` us, `aud` the receiver, `sub` the user or us, `scope`
 * if any is asked for, a unique `jti`; for a bound route `bdy` (SHA-256 of the content), `htm` and
 * `htu`. What of it counts, the receiver's trust entry says.
 *
 * Throws a `TypeError` for an empty issuer and for a lifetime that is not 1 to 300 whole seconds;
 * `token` rejects with one for an empty audience, a subject that is not a canonical URI, a scope
 * outside RFC 6749 section 3.3, content that is no bytes, a method that is not in upper case, and
 * a URL that is not http(s) or holds user information or a fragment.
 *
 * @example
 * const tokens = selfIssuedTokens({ issuer: 'https://herald.example/', signer });
 * const jwt = await tokens.token({ audience: census, subject: userUri, scopes: ['users:read'] });
 * const bound = await tokens.token({ audience: census, body, request: { method: 'PUT', url } });
 * @publicApi
 */
export function selfIssuedTokens(options: SelfIssuedOptions): SelfIssuedTokens {
  const { issuer, signer, lifetime = 60, clock = systemClock } = options;
  checkOption(issuer !== '', 'issuer', 'not be empty');
  checkOption(
    Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= longestLifetime,
    'lifetime',
    `be 1 to ${longestLifetime} whole seconds`,
  );

  const token = async (request: SelfIssuedRequest): Promise<string> => {
    const { audience, subject = issuer, scopes = [] } = request;
    checkRequest(request);
    const iat = Math.floor(clock.now());
    return signJwt(typeof signer === 'function' ? signer() : signer, 'service+jwt', {
      iss: issuer,
      aud: audience,
      sub: subject,
      jti: randomUUID(),
      iat,
      exp: iat + lifetime,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...bindingClaims(request),
    });
  };
  return Object.freeze({ token });
}

function checkRequest({ audience, subject, scopes = [] }: SelfIssuedRequest): void {
  checkOption(audience !== '', 'audience', 'not be empty');
  checkOption(subject === undefined || isCanonicalUri(subject), 'subject', 'be a canonical URI');
  checkOption(scopes.every(isScopeToken), 'scopes', 'be scope-tokens (RFC 6749 section 3.3)');
}
