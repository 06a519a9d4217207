import { encryptJwt, signJwt, type JsonObject, type Signer } from '@countersign/token';

import type { Authorization } from './grants/grant-context.js';
import type { Confirmation } from './sender/confirmation.js';
import { signTogether } from './sign-together.js';
import { tokenId } from './token-id.js';

/** A signed token, and what is to be known of it besides. */
export interface MintedToken {
  readonly token: string;
  /** Its `jti`. */
  readonly id: string;
  /** Whole seconds that it lives. */
  readonly lifetime: number;
}

/** Who signs, with what, and when. */
export interface Mint {
  readonly issuer: string;
  readonly signer: Signer;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds a token lives whose service says nothing. */
  readonly lifetime: number;
  /** Seconds that no token outlives, whatever its service says: its key is published no longer. */
  readonly longest: number;
  /** What the token is bound to; undefined where it is for whoever bears it. */
  readonly cnf: Confirmation | undefined;
}

/**
 * Signs an access token (RFC 9068), and encrypts it where its service has a key for that (a nested
 * JWT, RFC 7519 section 5.2). Without a subject of its own it is about the client itself; who
 * acts for another is in `act` (RFC 8693 section 4.1). It ends with what it was made from.
 */
export async function mint(authorization: Authorization, by: Mint): Promise<MintedToken> {
  const { client, service, scopes, subject, act, expiresAt } = authorization;
  const id = tokenId();
  const issuedAt = Math.floor(by.now);
  const end = issuedAt + Math.min(service.tokenLifetime ?? by.lifetime, Math.floor(by.longest));
  const exp = expiresAt === undefined ? end : Math.min(end, expiresAt);
  const claims: JsonObject = {
    iss: by.issuer,
    aud: service.audience,
    sub: subject ?? client,
    client_id: client,
    scope: scopes.join(' '),
    iat: issuedAt,
    exp,
    jti: id,
    ...(act === undefined ? {} : { act }),
    ...(by.cnf === undefined ? {} : { cnf: by.cnf }),
  };
  const signed = await signJwt(signTogether(by.signer), 'at+jwt', claims);
  const { encryptionKey } = service;
  const token = encryptionKey === undefined ? signed : await encryptJwt(signed, encryptionKey);
  return { token, id, lifetime: exp - issuedAt };
}
