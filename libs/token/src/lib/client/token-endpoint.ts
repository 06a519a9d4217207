/** Asks an authorization server for tokens (RFC 6749). Must not know what is remembered of them. */
import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { KeySourceError } from '../keys/key-source.js';
import { metadataEndpoint } from '../keys/metadata-endpoint.js';
import { UnansweredError, type BoundedAnswer } from '../net/bounded-answer.js';
import { retryAfterSeconds } from '../net/retry-after.js';
import { isScopeToken } from '../parse-scope.js';
import { parseStrictObject } from '../strict-json.js';
import { toSeconds, type Duration } from '../to-seconds.js';
import type { Clock } from '../types.js';
import type { ClientAuthentication } from './client-authentication.js';
import type { DpopProofs } from './dpop-proofs.js';
import { postAsClient } from './post-as-client.js';
import { readTokenResponse } from './read-token-response.js';
import {
  TokenAcquisitionError,
  type TokenAcquisitionErrorOptions,
} from './token-acquisition-error.js';
import type { OutboundToken, TokenRequest } from './token-source.js';

/** Which authorization server is asked, and as which client. @publicApi */
export interface TokenEndpointOptions {
  /** The server's issuer identifier: what its client assertions are meant for. */
  readonly issuer: string;
  /** Where it issues tokens; read from its metadata (RFC 8414), at its own origin, unless told. */
  readonly tokenEndpoint?: string;
  readonly client: ClientAuthentication;
  /**
   * Which parameter names the receiver: `resource` (RFC 8707) unless told, `audience` (RFC 8693), or
   * `none` for a server that derives it from the scope.
   */
  readonly target?: 'resource' | 'audience' | 'none';
  /** Has the server bind its tokens to this key (RFC 9449): whoever steals one cannot use it. */
  readonly dpop?: DpopProofs;
  /** For one request to the server; 3 s unless told. */
  readonly timeout?: Duration;
  /** What does the requests; the global `fetch` unless told. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

/** A token that was just given. @internal */
export interface Acquired {
  readonly token: OutboundToken;
  /** Seconds, from the request on. */
  readonly lifetime: number;
  /** Whether asking again could give one that ends later. */
  readonly isFinal?: boolean;
}

/** What is asked of a token endpoint, beside the target. @internal */
export type Ask = (
  form: Readonly<Record<string, string>>,
  request: TokenRequest,
) => Promise<Acquired>;

const maxBytes = 64 * 1024;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 8707 section 2, RFC 9449 sections 5 and 8. */
const knownErrors: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'temporarily_unavailable',
]);

/**
 * Makes a function that asks for one token. It rejects with a TokenAcquisitionError, whatever the
 * server does, and with a TypeError for an empty audience or a malformed scope.
 *
 * @throws TypeError for an issuer or token endpoint that is not https, nor http on a loopback host.
 * @internal
 */
export function tokenEndpoint(options: TokenEndpointOptions): Ask {
  const { issuer, client, dpop, clock = systemClock } = options;
  const send = sender(options);

  return async (form, request) => {
    checkRequest(request);
    const failure = (failed: Failure) =>
      new TokenAcquisitionError({ server: issuer, client: client.clientId, request, ...failed });
    const since = clock.now();
    const answer = await send(form, request).catch((error: unknown) => {
      throw failure(ofUnanswered(error));
    });
    if (answer.status !== 200) throw failure(ofStatus(answer, clock.now()));
    const given = readGiven(answer, {
      scopes: request.scopes ?? [],
      isExchange: form['requested_token_type'] !== undefined,
      isBound: dpop !== undefined,
    });
    if (given instanceof Error)
      throw failure({ reason: 'invalid_response', detail: given.message });
    const { token, lifetime } = given;
    const expiresAt = since + lifetime;
    if (dpop === undefined) return { token: { token, carrier: 'Bearer', expiresAt }, lifetime };
    return { token: { token, carrier: 'DPoP', expiresAt, proofs: dpop }, lifetime };
  };
}

/** Posts a form, as the client; once more where the server wants its nonce in the proof. */
function sender(
  options: TokenEndpointOptions,
): (form: Readonly<Record<string, string>>, request: TokenRequest) => Promise<BoundedAnswer> {
  const { dpop, target = 'resource', fetch: ask = fetch } = options;
  const timeout = toSeconds(options.timeout ?? '3s', 'timeout') * 1000;
  const bounds = { ask, timeout, maxBytes, reads: isRead };
  const locate = locator(options);

  return async (form, { audience, scopes = [] }) => {
    const url = await locate();
    const question = {
      form: {
        ...form,
        ...(target !== 'none' && { [target]: audience }),
        ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      },
      ...(dpop && { headers: async () => ({ dpop: await dpop.proof({ method: 'POST', url }) }) }),
    };
    const post = async (): Promise<BoundedAnswer> => {
      const answer = await postAsClient(url, options, question, bounds);
      dpop?.remember(url, answer.headers.get('dpop-nonce'));
      return answer;
    };
    const answer = await post();
    return dpop && errorIn(answer.body) === 'use_dpop_nonce' ? post() : answer;
  };
}

type Failure = Omit<TokenAcquisitionErrorOptions, 'server' | 'client' | 'request'>;

function locator(options: TokenEndpointOptions): () => Promise<string> {
  const { issuer, tokenEndpoint: url } = options;
  if (url === undefined) return metadataEndpoint(issuer, 'token_endpoint', options);
  checkOption(isKeyUrl(url), 'tokenEndpoint', 'be https, or http on a loopback host');
  return async () => url;
}

function checkRequest({ audience, scopes = [] }: TokenRequest): void {
  checkOption(audience !== '', 'audience', 'not be empty');
  checkOption(scopes.every(isScopeToken), 'scopes', 'be scope-tokens (RFC 6749 section 3.3)');
}

/** Answers with a token or an error; a redirect or a page of somebody else is not worth reading. */
function isRead(status: number): boolean {
  return status === 200 || (status >= 400 && status < 500);
}

function ofUnanswered(error: unknown): Failure {
  // Ours, or of the client's own signer: no answer of the server, and to be seen as what it is.
  if (!(error instanceof UnansweredError) && !(error instanceof KeySourceError)) throw error;
  return { reason: 'unavailable', detail: error.message, cause: error };
}

function ofStatus({ status, headers, body }: BoundedAnswer, now: number): Failure {
  const retryAfter = retryAfterSeconds(headers.get('retry-after'), now);
  if (status === 429 || status >= 500)
    return { reason: 'unavailable', detail: `it answered ${status}`, retryAfter };
  if (![400, 401, 403].includes(status))
    return { reason: 'invalid_response', detail: `it answered ${status}` };
  const error = errorIn(body);
  return { reason: 'refused', detail: error ?? `it answered ${status}`, error };
}

/** Only what an RFC says may stand there goes on: the rest may be anything, a secret of ours too. */
function errorIn(body: Uint8Array): string | undefined {
  try {
    const { error } = parseStrictObject(body);
    return knownErrors.has(error) ? (error as string) : undefined;
  } catch {
    return undefined;
  }
}

function readGiven(
  { headers, body }: BoundedAnswer,
  expected: Parameters<typeof readTokenResponse>[1],
): ReturnType<typeof readTokenResponse> | Error {
  try {
    if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return new Error('it is not JSON');
    return readTokenResponse(body, expected);
  } catch (error) {
    return error as Error;
  }
}
