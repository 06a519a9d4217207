import { systemClock } from '../clock.js';
import type { Carrier } from '../types.js';
import { selfIssuedTokens, type SelfIssuedOptions } from './self-issued-tokens.js';
import { TokenCache, type SourceCacheOptions } from './token-cache.js';
import type { Acquired } from './token-endpoint.js';
import type { OutboundToken, TokenRequest, TokenSource } from './token-source.js';

/** What {@link selfIssued} needs. @publicApi */
export interface SelfIssuedSourceOptions extends SelfIssuedOptions, SourceCacheOptions {
  /** How receivers expect our tokens: `Bearer` unless told. */
  readonly carrier?: Exclude<Carrier, 'DPoP'>;
  /**
   * Whether calls that are not bound may share a token for a part of its life. It saves a signature
   * here and its verification there; routes for single use refuse such a token.
   */
  readonly reuse?: boolean;
}

/**
 * A source of tokens that this service signs itself, as {@link selfIssuedTokens} makes them: a new
 * one for each call unless told, and the only source for calls that are bound to their request.
 *
 * Throws and rejects with the TypeErrors of `selfIssuedTokens`; needs no server, so nothing else fails.
 *
 * @example
 * selfIssued({ issuer: 'https://herald.example/', signer: () => keys.signer(), carrier: 'JWT' })
 * @publicApi
 */
export function selfIssued(options: SelfIssuedSourceOptions): TokenSource {
  const { issuer, carrier = 'Bearer', lifetime = 60, clock = systemClock, reuse = false } = options;
  const tokens = selfIssuedTokens(options);

  const sign = async (request: TokenRequest): Promise<OutboundToken> => {
    const { audience, subject, scopes = [], binding } = request;
    const expiresAt = Math.floor(clock.now()) + lifetime;
    const token = await tokens.token({
      audience,
      scopes,
      subject: subject?.uri,
      ...(binding && {
        ...(binding.body && { body: binding.body }),
        request: { method: binding.method, url: binding.url },
      }),
    });
    return { token, carrier, expiresAt };
  };
  const origins = Object.freeze([{ grant: 'self-issued', issuer, carrier } as const]);
  if (!reuse) return Object.freeze({ token: sign, origins });

  const acquire = async (request: TokenRequest): Promise<Acquired> => ({
    token: await sign(request),
    lifetime,
  });
  const subjectKey = ({ uri }: { readonly uri: string }) => uri;
  const shared = new TokenCache({ server: issuer, client: issuer, acquire, subjectKey }, options);
  return Object.freeze({
    token: (request: TokenRequest) =>
      request.binding === undefined ? shared.token(request) : sign(request),
    origins,
  });
}
