import { TokenCache, type SourceCacheOptions } from './token-cache.js';
import {
  tokenEndpoint,
  type Acquired,
  type Ask,
  type TokenEndpointOptions,
} from './token-endpoint.js';
import type { OutboundSubject, TokenOrigin, TokenRequest, TokenSource } from './token-source.js';

/** What every source that asks an authorization server needs. @publicApi */
export interface ServerSourceOptions extends TokenEndpointOptions, SourceCacheOptions {}

/** What tells the grants apart. @internal */
export interface Grant {
  readonly name: Exclude<TokenOrigin['grant'], 'self-issued'>;
  readonly forUsers: boolean;
  /** Throws a TypeError for what this grant cannot do. */
  check(request: TokenRequest): void;
  acquire(ask: Ask, request: TokenRequest): Promise<Acquired>;
  subjectKey(subject: OutboundSubject): string;
}

/** A source that asks an authorization server by one grant, and remembers. @internal */
export function serverSource(options: ServerSourceOptions, grant: Grant): TokenSource {
  const ask = tokenEndpoint(options);
  const tokens = new TokenCache(
    {
      server: options.issuer,
      client: options.client.clientId,
      acquire: (request) => grant.acquire(ask, request),
      subjectKey: grant.subjectKey,
    },
    options,
  );
  const token = (request: TokenRequest) => {
    // A token that others made, and that is kept, cannot be bound to one request; its proof can.
    if (request.binding !== undefined && options.dpop === undefined)
      throw new TypeError('only a self-issued token, or a DPoP proof, can be bound to a request');
    grant.check(request);
    return tokens.token(request);
  };
  const { name, forUsers } = grant;
  const origin = { grant: name, issuer: options.issuer, client: options.client.clientId, forUsers };
  return Object.freeze({ token, origins: Object.freeze([Object.freeze(origin)]) });
}
