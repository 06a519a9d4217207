import { randomBytes } from 'node:crypto';

import { signJwt, type JsonObject, type Signer } from '@countersign/token';

import type { Authorization } from './client-credentials.js';

/** A signed token and the id under which logs know it. */
export interface MintedToken {
  readonly token: string;
  readonly id: string;
}

/** Who signs, with what, and when. */
export interface Mint {
  readonly issuer: string;
  readonly signer: Signer;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds the token lives. */
  readonly lifetime: number;
}

/**
 * Signs an access token (RFC 9068). A service that speaks for a user is the actor (`act`, RFC 8693
 * section 4.1), the user the subject; otherwise the client is the subject itself.
 */
export async function mint(authorization: Authorization, by: Mint): Promise<MintedToken> {
  const { client, audience, scopes, subject } = authorization;
  const id = randomBytes(16).toString('base64url');
  const issuedAt = Math.floor(by.now);
  const claims: JsonObject = {
    iss: by.issuer,
    aud: audience,
    sub: subject ?? client,
    client_id: client,
    scope: scopes.join(' '),
    iat: issuedAt,
    exp: issuedAt + by.lifetime,
    jti: id,
    ...(subject === undefined ? {} : { act: { sub: client } }),
  };
  return { token: await signJwt(by.signer, 'at+jwt', claims), id };
}
