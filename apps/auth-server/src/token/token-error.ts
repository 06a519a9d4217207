/**
 * Error codes of the token endpoint: RFC 6749 section 5.2, RFC 8707 section 2, RFC 7009 section
 * 2.2.1, and RFC 9449 sections 5 and 8. The last one is borrowed from RFC 6749 section 4.1.2.1, for
 * 429 and 503: nothing was decided.
 */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_token_type'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable';

/** What the caller is told; the same text for every refusal of its code that has no better one. */
const descriptions: Readonly<Record<TokenErrorCode, string>> = {
  invalid_request: 'The request breaks the rules of this endpoint',
  invalid_client: 'The client is unknown or its credentials are wrong',
  invalid_grant: 'The grant is invalid',
  unauthorized_client: 'The client may not do this',
  unsupported_grant_type: 'This grant type is not supported',
  invalid_scope: 'The scope is malformed, unknown or not granted',
  invalid_target: 'The resource is unknown, not granted or not named',
  unsupported_token_type: 'Tokens of this kind cannot be revoked here',
  invalid_dpop_proof: 'The DPoP proof is missing, or does not hold for this request',
  use_dpop_nonce: 'The DPoP proof must hold the nonce that comes with this answer',
  temporarily_unavailable: 'The server cannot decide at the moment',
};

/** What a refusal may say besides its code. */
export interface TokenErrorOptions {
  /** For the log: which check refused. Must not hold a secret. */
  readonly reason: string;
  /** Public text; fixed, and never what the caller sent. */
  readonly description?: string;
  /** The client tried Basic: the answer names that scheme (RFC 6749 section 5.2). */
  readonly challenge?: boolean;
  /** The client id, authenticated or not, for the log; one that is no client's by `briefId` only. */
  readonly client?: string | undefined;
  /** Where the code does not imply it. */
  readonly status?: 429;
  /** Whole seconds until asking again makes sense; for 429 and 503. */
  readonly retryAfter?: number | undefined;
  /** What the next DPoP proof has to hold; for use_dpop_nonce. */
  readonly nonce?: string | undefined;
  readonly cause?: unknown;
}

function statusOf(code: TokenErrorCode): 400 | 401 | 503 {
  if (code === 'invalid_client') return 401;
  return code === 'temporarily_unavailable' ? 503 : 400;
}

/** A refusal of the token endpoint. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly status: 400 | 401 | 429 | 503;
  readonly description: string;
  readonly challenge: boolean;
  readonly client: string | undefined;
  readonly retryAfter: number | undefined;
  readonly nonce: string | undefined;

  constructor(
    readonly code: TokenErrorCode,
    options: TokenErrorOptions,
  ) {
    super(options.reason, 'cause' in options ? { cause: options.cause } : undefined);
    this.status = options.status ?? statusOf(code);
    this.description = options.description ?? descriptions[code];
    this.challenge = options.challenge ?? false;
    this.client = options.client;
    this.retryAfter = options.retryAfter;
    this.nonce = options.nonce;
  }
}
