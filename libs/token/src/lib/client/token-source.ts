/**
 * Outbound mirror of extract: where the token of a call comes from. Must not know how calls are made.
 */
import type { Carrier, IssuerCarrier } from '../types.js';
import type { DpopProofs } from './dpop-proofs.js';

/** The user a call is made for. @publicApi */
export interface OutboundSubject {
  /** Canonical URI. */
  readonly uri: string;
  /** The token that the user's call came with: what is exchanged for one to go on with. */
  readonly token?: string | undefined;
  /** When that token ends; seconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

/** The request that a token is signed for, and for no other. @publicApi */
export interface OutboundBinding {
  /** In upper case. */
  readonly method: string;
  readonly url: string | URL;
  /** The content, exactly as it will be sent; none unless told. */
  readonly body?: Uint8Array | undefined;
}

/** Which token a call needs. @publicApi */
export interface TokenRequest {
  /** The `aud` of the receiver. */
  readonly audience: string;
  readonly scopes?: readonly string[];
  /** The user the call is made for; without one the service calls for itself. */
  readonly subject?: OutboundSubject | undefined;
  /** Makes the token, or its proof, good for one request: only a source with a key of its own can. */
  readonly binding?: OutboundBinding | undefined;
  /** A token that the receiver refused as invalid: if it is the one that is cached, renew it. */
  readonly refused?: string | undefined;
}

/** A token for a call, and how it travels. @publicApi */
export interface OutboundToken {
  readonly token: string;
  readonly carrier: Carrier;
  /** What proves, with each request, that the token is ours: with the carrier `DPoP`. */
  readonly proofs?: DpopProofs;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** One place that a source has its tokens from: who signs them, and for whom. Nothing secret. @publicApi */
export type TokenOrigin =
  | { readonly grant: 'self-issued'; readonly issuer: string; readonly carrier: IssuerCarrier }
  | {
      readonly grant: 'client_credentials' | 'token-exchange' | 'jwt-bearer';
      /** The authorization server. */
      readonly issuer: string;
      readonly client: string;
      /** Whether it also asks for tokens that name a user. */
      readonly forUsers: boolean;
    };

/**
 * Where tokens for calls come from: `selfIssued`, `clientCredentials`, `tokenExchange`, `jwtBearer`.
 *
 * Answers at once where it has a token at hand. Rejects with a `TokenAcquisitionError` when there is
 * none to be had, and with a TypeError when it is asked for what it cannot do: it never answers with a
 * token for somebody else, or bound to nothing, instead.
 * @publicApi
 */
export interface TokenSource {
  token(request: TokenRequest): OutboundToken | Promise<OutboundToken>;
  /** Where its tokens come from, for access maps; a source of one's own tells if it likes. */
  readonly origins?: readonly TokenOrigin[];
}
