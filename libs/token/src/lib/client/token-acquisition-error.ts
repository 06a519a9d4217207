import type { TokenRequest } from './token-source.js';

/**
 * Why there is no token. `unavailable`: the server is down, slow or busy, or asked to be left alone;
 * `refused`: it said no; `invalid_response`: what it answered is no token response (RFC 6749 section
 * 5.1), or not the one that was asked for.
 * @publicApi
 */
export type AcquisitionFailure = 'unavailable' | 'refused' | 'invalid_response';

/** What a {@link TokenAcquisitionError} is made of. @publicApi */
export interface TokenAcquisitionErrorOptions {
  readonly reason: AcquisitionFailure;
  /** The issuer that was asked. */
  readonly server: string;
  /** The client that asked. */
  readonly client: string;
  readonly request: TokenRequest;
  /** What happened, for the log; must hold no token, secret or text of the server. */
  readonly detail: string;
  /** The `error` of the server, where it is one of those that RFCs know. */
  readonly error?: string | undefined;
  /** Whole seconds until asking again makes sense. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A token source has no token for a call. The message names server, client, audience and scopes, and
 * holds no token, no secret and nothing that the server wrote, but an error code that RFCs know.
 * @publicApi
 */
export class TokenAcquisitionError extends Error {
  override readonly name = 'TokenAcquisitionError';
  readonly reason: AcquisitionFailure;
  readonly server: string;
  readonly client: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly error: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(options: TokenAcquisitionErrorOptions) {
    const { server, client, detail, cause } = options;
    const { audience, scopes = [] } = options.request;
    const scope = scopes.length === 0 ? 'no scope' : `scope ${scopes.join(' ')}`;
    super(
      `${server} gave ${client} no token for ${audience} (${scope}): ${detail}`,
      cause === undefined ? undefined : { cause },
    );
    this.reason = options.reason;
    this.server = server;
    this.client = client;
    this.audience = audience;
    this.scopes = scopes;
    this.error = options.error;
    this.retryAfter = options.retryAfter;
  }
}
