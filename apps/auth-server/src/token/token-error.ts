/** Error codes of the token endpoint: RFC 6749 section 5.2 and RFC 8707 section 2. */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target';

/** What the caller is told; the same text for every refusal of its code that has no better one. */
const descriptions: Readonly<Record<TokenErrorCode, string>> = {
  invalid_request: 'The request breaks the rules of this endpoint',
  invalid_client: 'The client is unknown or its credentials are wrong',
  invalid_grant: 'The grant is invalid',
  unauthorized_client: 'The client may not do this',
  unsupported_grant_type: 'This grant type is not supported',
  invalid_scope: 'The scope is malformed, unknown or not granted',
  invalid_target: 'The resource is unknown, not granted or not named',
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
}

/** A refusal of the token endpoint. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly status: 400 | 401;
  readonly description: string;
  readonly challenge: boolean;
  readonly client: string | undefined;

  constructor(
    readonly code: TokenErrorCode,
    { reason, description, challenge = false, client }: TokenErrorOptions,
  ) {
    super(reason);
    this.status = code === 'invalid_client' ? 401 : 400;
    this.description = description ?? descriptions[code];
    this.challenge = challenge;
    this.client = client;
  }
}
