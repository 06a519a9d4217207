/**
 * The token endpoint without its framework: read, authenticate, decide, sign, write down. Every step
 * passes or throws.
 */
import { Logger } from '@nestjs/common';
import type { SigningKeys } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import type { AuditEvent } from '../audit/audit-event.js';
import type { Audit } from '../audit/audit.js';
import type { LiveRegistry } from '../registry/live-registry.js';
import type { Assertions } from './assertions/assertions.js';
import type { AuthenticatedClient } from './client-authentication/authenticated-client.js';
import type { ClientAuthentication } from './client-authentication/client-authentication.js';
import {
  addressOf,
  readClientRequest,
  type RawRequest,
} from './client-authentication/client-request.js';
import type { Actor } from './grants/actor.js';
import type { Authorization, GrantType } from './grants/grant-context.js';
import { grantTypes } from './grants/grant-types.js';
import type { TokenLimits } from './limits/token-limits.js';
import { mint, type MintedToken } from './mint.js';
import type { FormParameters } from './parse-form.js';
import type { Confirmation } from './sender/confirmation.js';
import { bindingOf, type Senders } from './sender/sender.js';
import { refusalForAudit } from './refusal-for-audit.js';
import { TokenError } from './token-error.js';

/** A successful answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1, RFC 9449 section 5). */
export interface TokenResponse {
  readonly access_token: string;
  readonly issued_token_type?: string;
  readonly token_type: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
}

/** What the endpoint works with. */
export interface TokenEndpointOptions {
  readonly registry: LiveRegistry;
  readonly authentication: ClientAuthentication;
  readonly assertions: Assertions;
  readonly senders: Senders;
  readonly limits: TokenLimits;
  readonly keys: SigningKeys;
  readonly audit: Audit;
  readonly issuer: string;
  /** Seconds a token lives unless its service says otherwise. */
  readonly lifetime: number;
  /** Longest chain of actors in a token. */
  readonly longestChain: number;
  /** Whether what is issued is logged, too: for whoever develops, the record is the audit's. */
  readonly logsIssues: boolean;
  readonly clock: Clock;
}

/** How far a request has come: what the audit knows of one that is refused. */
interface Trail {
  readonly address: string;
  grantType?: string;
  caller?: AuthenticatedClient;
}

/** What the audit knows of a request that got a token. */
interface Issue extends Trail {
  readonly cnf: Confirmation | undefined;
  readonly kid: string | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** Answers requests for tokens (RFC 6749 section 3.2). Asks no database for a secret it knows. */
export class TokenEndpoint {
  private readonly logger = new Logger('Token');

  constructor(private readonly options: TokenEndpointOptions) {}

  /** The nonce that the next DPoP proof should hold; undefined where none has to. */
  get nonce(): string | undefined {
    return this.options.senders.nonce;
  }

  /** Throws what refuses the request: a TokenError, or the 503 of whoever could not tell. */
  async answer(request: RawRequest, body: unknown): Promise<TokenResponse> {
    const trail: Trail = { address: addressOf(request) };
    try {
      return await this.issue(request, body, trail);
    } catch (error) {
      this.recordRefusal(error, trail);
      throw error;
    }
  }

  private async issue(request: RawRequest, body: unknown, trail: Trail): Promise<TokenResponse> {
    const { authentication, limits, clock, registry, issuer, longestChain, assertions, senders } =
      this.options;
    const read = readClientRequest(request, body, limits);
    const { form, network } = read;
    const name = limits.counted(network, () => grantTypeIn(form));
    const caller = await authentication.authenticateClient(read);
    trail.caller = caller;
    const decide = grantOf(name, caller);
    trail.grantType = name;
    this.refuseUnrecorded();
    const shown = senders.of(read, caller.client);
    const sender = shown instanceof Promise ? await shown : shown;
    const now = clock.now();
    const authorization = await decide({
      caller,
      form,
      registry: registry.current,
      issuer,
      now,
      longestChain,
      assertions,
      sender,
    });
    const cnf = bindingOf(sender, caller.client, authorization.boundTo);
    return this.sign(authorization, { ...trail, cnf }, now);
  }

  private async sign(
    authorization: Authorization,
    trail: Omit<Issue, 'kid' | 'now'>,
    now: number,
  ): Promise<TokenResponse> {
    const { issuer, lifetime, keys } = this.options;
    const { service, scopes, issuedTokenType } = authorization;
    const signer = keys.signer(service.algorithm);
    const { cnf } = trail;
    const by = { issuer, signer, now, lifetime, longest: keys.longestLife, cnf };
    const minted = await mint(authorization, by);
    this.recordIssue(authorization, minted, { ...trail, kid: signer.kid, now });
    return {
      access_token: minted.token,
      ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
      token_type: cnf?.jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: minted.lifetime,
      scope: scopes.join(' '),
    };
  }

  /** Nothing is issued that could go unrecorded. */
  private refuseUnrecorded(): void {
    if (!this.options.audit.isOverloaded) return;
    throw new TokenError('temporarily_unavailable', {
      reason: 'the audit log cannot be written',
      retryAfter: 1,
    });
  }

  private recordIssue(
    { client, service, scopes, subject, act }: Authorization,
    { id }: MintedToken,
    { address, grantType, caller, kid, now, cnf }: Issue,
  ): void {
    const event: AuditEvent = {
      at: now,
      event: 'token.issued',
      client,
      subject,
      audience: service.audience,
      scopes,
      kid,
      jti: id,
      grantType,
      method: caller?.method,
      credential: caller?.credential,
      address,
      ...detailOf(act?.act === undefined ? undefined : act, cnf),
    };
    this.options.audit.record(event);
    if (this.options.logsIssues) this.logger.debug(event);
  }

  private recordRefusal(error: unknown, { address, grantType, caller }: Trail): void {
    const refusal = refusalForAudit(error);
    if (refusal === undefined) return;
    this.options.audit.record({
      at: this.options.clock.now(),
      event: 'token.refused',
      ...refusal,
      client: caller?.client.id ?? refusal.client,
      grantType,
      method: caller?.method,
      credential: caller?.credential,
      address,
    });
  }
}

function detailOf(
  act: Actor | undefined,
  cnf: Confirmation | undefined,
): Pick<AuditEvent, 'detail'> {
  if (act === undefined && cnf === undefined) return {};
  return { detail: { ...(act && { act }), ...(cnf && { cnf }) } };
}

function grantTypeIn(form: FormParameters): string {
  const name = form.get('grant_type');
  if (name !== undefined) return name;
  throw new TokenError('invalid_request', { reason: 'grant_type is missing' });
}

function grantOf(name: string, { client }: AuthenticatedClient): GrantType {
  const grant = grantTypes.get(name);
  if (grant) return grant;
  throw new TokenError('unsupported_grant_type', {
    reason: 'unsupported grant type',
    client: client.id,
  });
}
