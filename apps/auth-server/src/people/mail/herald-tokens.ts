import { randomUUID } from 'node:crypto';

import type { SigningKeys } from '@countersign/runtime';
import { signJwt, type Clock, type TokenSource } from '@countersign/token';

/**
 * What this server is called in tokens for itself. A client id of the registry begins with a letter or
 * a digit: nobody can be registered under this name.
 */
export const ownClientId = '~auth-server';

/** Seconds that such a token lives. */
const lifetime = 60;

/** What tokens of our own are made from. */
export interface OwnTokensOptions {
  readonly issuer: string;
  readonly keys: Pick<SigningKeys, 'signer'>;
  readonly clock: Clock;
}

/**
 * Access tokens (RFC 9068) of this server for itself: it is an issuer that services trust anyway, so
 * it needs no secret and asks nobody. A new one for each call.
 */
export function ownTokens({ issuer, keys, clock }: OwnTokensOptions): TokenSource {
  return {
    token: async ({ audience, scopes = [], subject, binding }) => {
      if (subject !== undefined || binding !== undefined) {
        throw new TypeError('this server calls as itself, with tokens that are bound to nothing');
      }
      const issuedAt = Math.floor(clock.now());
      const expiresAt = issuedAt + lifetime;
      const token = await signJwt(keys.signer(), 'at+jwt', {
        iss: issuer,
        aud: audience,
        sub: ownClientId,
        client_id: ownClientId,
        scope: scopes.join(' '),
        iat: issuedAt,
        exp: expiresAt,
        jti: randomUUID(),
      });
      return { token, carrier: 'Bearer', expiresAt };
    },
  };
}
