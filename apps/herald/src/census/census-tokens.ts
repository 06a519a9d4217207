import type { Signer, TokenSource } from '@countersign/token';
import {
  clientCredentials,
  parseToken,
  privateKeyJwt,
  selfIssued,
  tokenExchange,
} from '@countersign/token';

/** The ways to a token for Census. */
export const censusCalls = ['self-issued', 'token-exchange'] as const;

/** One of them. */
export type CensusCalls = (typeof censusCalls)[number];

/** What Herald needs to get tokens. */
export interface CensusTokensOptions {
  readonly calls: CensusCalls;
  /** Herald's own URL: issuer of the tokens it signs. */
  readonly publicUrl: string;
  readonly authServerUrl: string;
  /** Herald's client id at the authorization server. */
  readonly clientId: string;
  /** Herald's key of the moment. */
  readonly signer: () => Signer;
}

/** For a call, all in all: nobody waits longer for Census. */
const TOKEN_SECONDS = 2;

/**
 * Where tokens for calls to Census come from: Herald signs them itself, or exchanges the token that
 * the user's call came with at the authorization server. There it proves itself with the same key, so
 * it has no secret. For users who are not there any more, and for those in whose name a peer signed a
 * token for one call to Herald, nothing can be exchanged: it asks for a token in its own right that
 * names them.
 */
export function censusTokens(options: CensusTokensOptions): TokenSource {
  const { calls, publicUrl, authServerUrl: issuer, clientId, signer } = options;
  if (calls === 'self-issued') return selfIssued({ issuer: publicUrl, signer, carrier: 'JWT' });
  const client = privateKeyJwt(clientId, { signer });
  const server = { issuer, client, timeout: TOKEN_SECONDS } as const;
  const present = tokenExchange(server);
  const absent = clientCredentials({ ...server, requestedSubject: true });
  return Object.freeze<TokenSource>({
    token: (request) => (isOf(issuer, request.subject?.token) ? present : absent).token(request),
    origins: [...(present.origins ?? []), ...(absent.origins ?? [])],
  });
}

/** The guard has verified the token: here it is only asked whose it is. */
const isOf = (issuer: string, token: string | undefined): boolean =>
  token !== undefined && parseToken(token).claims['iss'] === issuer;
