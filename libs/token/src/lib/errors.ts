import type { Json } from './types.js';

/** How one refusal is answered: HTTP status, RFC 6750 `error` if any, fixed public text. @publicApi */
export interface ErrorSpec {
  readonly status: 400 | 401 | 403 | 413 | 415 | 503;
  /** Error code of the challenge (RFC 6750 section 3.1, RFC 9449); none when the RFC gives none. */
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
    | 'temporarily_unavailable';
  /** Public, fixed per code, printable ASCII without quotes (RFC 6750 section 3). */
  readonly message: string;
}

const invalid = (message: string): ErrorSpec => ({ status: 401, error: 'invalid_token', message });
const unproven = (message: string): ErrorSpec => ({
  status: 401,
  error: 'invalid_dpop_proof',
  message,
});
const forbidden = (message: string): ErrorSpec => ({ status: 403, message });
const undecided = (message: string): ErrorSpec => ({
  status: 503,
  error: 'temporarily_unavailable',
  message,
});

/**
 * Every refusal the library knows, with its fixed answer; `docs/errors.md` is made from it.
 * @publicApi
 */
export const accessErrors = {
  TOKEN_MISSING: { status: 401, message: 'This route needs an access token' },
  CREDENTIALS_MALFORMED: {
    status: 400,
    error: 'invalid_request',
    message: 'The credentials header breaks its grammar',
  },
  CREDENTIALS_AMBIGUOUS: {
    status: 400,
    error: 'invalid_request',
    message: 'The request carries more than one credential',
  },
  TOKEN_MALFORMED: invalid('The token is not a well-formed compact JWT'),
  DECRYPTION_FAILED: invalid('The token cannot be decrypted by this service'),
  TYPE_MISMATCH: invalid('The token is of another type than this service accepts'),
  CARRIER_MISMATCH: invalid('The token came in another header than its issuer uses'),
  ISSUER_UNTRUSTED: invalid('The token comes from an issuer this service does not trust'),
  ALGORITHM_FORBIDDEN: invalid('The token is signed with an algorithm this issuer may not use'),
  KEY_UNKNOWN: invalid('The token is signed with a key its issuer does not publish'),
  SIGNATURE_INVALID: invalid('The signature of the token does not hold'),
  TOKEN_EXPIRED: invalid('The token has expired'),
  TOKEN_NOT_YET_VALID: invalid('The token is not valid yet'),
  LIFETIME_TOO_LONG: invalid('The token lives longer than this service accepts'),
  CLAIM_INVALID: invalid('A claim of the token is missing or has the wrong form'),
  AUDIENCE_MISMATCH: invalid('The token is meant for another audience'),
  TOKEN_REPLAYED: invalid('The token was used before and is good for one use only'),
  TOKEN_INACTIVE: invalid('The server that issued the token says that it is not active'),
  TOKEN_REVOKED: invalid('The token has been revoked'),
  REQUEST_MISMATCH: invalid('The token was signed for another method or another URL'),
  BODY_MISMATCH: invalid('The token was signed for another body than the one that came'),
  PROOF_MISSING: invalid('The token is bound to its sender, who sent no proof'),
  PROOF_INVALID: unproven('The DPoP proof does not hold for this request'),
  PROOF_REPLAYED: unproven('The DPoP proof was used before and is good for one use only'),
  NONCE_REQUIRED: {
    status: 401,
    error: 'use_dpop_nonce',
    message: 'The DPoP proof must hold a nonce of this server',
  },
  SENDER_MISMATCH: invalid('The token is bound to another sender than the one who sent it'),
  SENDER_UNCONSTRAINED: invalid('The token is not bound to its sender, and here it must be'),
  BODY_MALFORMED: {
    status: 400,
    error: 'invalid_request',
    message: 'The body is not JSON that every parser reads alike',
  },
  BODY_TOO_LARGE: { status: 413, message: 'The body is larger than this route reads' },
  ENCODING_REFUSED: {
    status: 415,
    message: 'The body came in a coding, charset or form that this route does not read',
  },
  SCOPE_MISSING: {
    status: 403,
    error: 'insufficient_scope',
    message: 'The token lacks a scope this route requires',
  },
  CALLER_FORBIDDEN: forbidden('This caller may not use this route'),
  SUBJECT_FORBIDDEN: forbidden('The issuer may not speak for this subject'),
  PRINCIPAL_KIND_FORBIDDEN: forbidden('This route is for another kind of principal'),
  POLICY_REFUSED: forbidden('The policy of this route refused the request'),
  TRUST_UNAVAILABLE: undecided('Whether the issuer is trusted cannot be told at the moment'),
  KEYS_UNAVAILABLE: undecided('The keys of the issuer cannot be read at the moment'),
  INTROSPECTION_UNAVAILABLE: undecided('What the token is worth cannot be told at the moment'),
  REVOCATION_UNAVAILABLE: undecided('Whether the token was revoked cannot be told at the moment'),
  REPLAY_STORE_UNAVAILABLE: undecided('Whether the token was used before cannot be told now'),
} as const satisfies Record<string, ErrorSpec>;

/** Stable code of a refusal: part of the public API. @publicApi */
export type AccessErrorCode = keyof typeof accessErrors;

/** Private facts of a refusal, for the decision log: never a token, secret or key. @publicApi */
export interface RefusalDetail {
  readonly expected?: Json;
  readonly got?: Json;
  /** Which check refused, in the words of the trace. */
  readonly check?: string;
  /** Name or URI of the issuer concerned. */
  readonly issuer?: string;
  /** What would make the request pass. */
  readonly fix?: string;
  /** A command line of `countersign` that does it, where one does. */
  readonly command?: string;
}

/** What an AccessError may carry besides its code. @publicApi */
export interface AccessErrorOptions {
  readonly detail?: RefusalDetail;
  readonly cause?: unknown;
  /** Whole seconds until asking again makes sense; for 503 only. */
  readonly retryAfter?: number;
  /** What the next DPoP proof has to hold (RFC 9449 section 8); for NONCE_REQUIRED only. */
  readonly nonce?: string;
}

/**
 * A refusal, or the statement that nobody could decide (status 503).
 *
 * `message` is public and the same for every refusal of its code; `detail` is for the decision log.
 * @publicApi
 */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly status: ErrorSpec['status'];
  readonly error: ErrorSpec['error'] | undefined;
  readonly detail: RefusalDetail;
  readonly retryAfter: number | undefined;
  readonly nonce: string | undefined;

  constructor(
    readonly code: AccessErrorCode,
    options: AccessErrorOptions = {},
  ) {
    const spec: ErrorSpec = accessErrors[code];
    super(spec.message, 'cause' in options ? { cause: options.cause } : undefined);
    this.status = spec.status;
    this.error = spec.error;
    this.detail = options.detail ?? {};
    this.retryAfter = options.retryAfter;
    this.nonce = options.nonce;
  }
}
