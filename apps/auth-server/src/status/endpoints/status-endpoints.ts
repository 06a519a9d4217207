/**
 * Introspection and revocation without their framework: read, authenticate, verify, decide, write
 * down. The same clients, credentials, limits and errors as at the token endpoint.
 */
import type { Clock } from '@countersign/token';

import type { AuditEvent } from '../../audit/audit-event.js';
import type { Audit } from '../../audit/audit.js';
import type { LiveRegistry } from '../../registry/live-registry.js';
import type { AuthenticatedClient } from '../../token/client-authentication/authenticated-client.js';
import type { ClientAuthentication } from '../../token/client-authentication/client-authentication.js';
import {
  addressOf,
  readClientRequest,
  type RawRequest,
} from '../../token/client-authentication/client-request.js';
import type { TokenLimits } from '../../token/limits/token-limits.js';
import { refusalForAudit } from '../../token/refusal-for-audit.js';
import { TokenError } from '../../token/token-error.js';
import type { OwnToken, OwnTokens } from '../own-tokens.js';
import type { RevocationStore } from '../revocation-store.js';
import { describeToken, inactive, mayKnow, type IntrospectionResponse } from './introspection.js';

/** What the endpoints work with. */
export interface StatusEndpointsDeps {
  readonly registry: LiveRegistry;
  readonly authentication: ClientAuthentication;
  readonly limits: TokenLimits;
  readonly tokens: OwnTokens;
  readonly store: RevocationStore;
  readonly audit: Audit;
  readonly issuer: string;
  readonly clock: Clock;
}

/** A request whose client is known, and the token it is about. */
interface TokenRequest {
  readonly caller: AuthenticatedClient;
  readonly token: string;
  readonly address: string;
}

/** Answers what a token is worth, and takes tokens back. */
export class StatusEndpoints {
  constructor(private readonly deps: StatusEndpointsDeps) {}

  /**
   * Introspection (RFC 7662). Everything but an active token that the caller may know of is
   * `{ active: false }`: expired, revoked, of another issuer, encrypted, opaque, somebody else's.
   * Throws TokenError for a request that breaks the rules, 503 when nobody could tell.
   */
  async introspect(request: RawRequest, body: unknown): Promise<IntrospectionResponse> {
    return this.audited('introspection.refused', request, async () => {
      const { caller, token, address } = await this.read(request, body);
      const found = await this.deps.tokens.read(token);
      const { client } = caller;
      const { issuer, registry, clock } = this.deps;
      const asks = { client, registry: registry.current, issuer, now: clock.now() };
      const known = found && mayKnow(found, asks) ? found : undefined;
      this.record({ event: 'token.introspected', ...who(caller, address), ...about(known) });
      return known ? describeToken(known) : inactive;
    });
  }

  /**
   * Revocation (RFC 7009). Resolves when the token is revoked for good, and also when there is
   * nothing to revoke: it is no token, has expired, or belongs to another client, which the audit
   * log keeps. Throws `unsupported_token_type` for an encrypted token: only its audience can read
   * what would have to be revoked.
   */
  async revoke(request: RawRequest, body: unknown): Promise<void> {
    return this.audited('revocation.refused', request, async () => {
      const { caller, token, address } = await this.read(request, body);
      if (token.split('.').length === 5) {
        throw new TokenError('unsupported_token_type', {
          reason: 'an encrypted token',
          client: caller.client.id,
        });
      }
      const found = await this.deps.tokens.read(token);
      if (!found) return;
      if (found.clientId !== caller.client.id) {
        const code = 'not_its_token';
        const detail = { issuedTo: found.clientId };
        this.record({
          event: 'revocation.ignored',
          ...who(caller, address),
          jti: found.jti,
          code,
          detail,
        });
        return;
      }
      await this.deps.store.revokeToken(found, { client: caller.client.id, address });
    });
  }

  private async read(request: RawRequest, body: unknown): Promise<TokenRequest> {
    const { limits, authentication } = this.deps;
    const read = readClientRequest(request, body, limits);
    const caller = await authentication.authenticateClient(read);
    const token = read.form.get('token');
    if (token === undefined) {
      const client = caller.client.id;
      throw new TokenError('invalid_request', { reason: 'token is missing', client });
    }
    return { caller, token, address: read.address };
  }

  private async audited<T>(event: string, from: RawRequest, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const refusal = refusalForAudit(error);
      if (refusal !== undefined) this.record({ event, ...refusal, address: addressOf(from) });
      throw error;
    }
  }

  private record(event: Omit<AuditEvent, 'at'>): void {
    this.deps.audit.record({ at: this.deps.clock.now(), ...event });
  }
}

function who({ client, method, credential }: AuthenticatedClient, address: string) {
  return { client: client.id, method, credential, address };
}

/** What the audit log says of a token that its asker may know; of any other it says nothing. */
function about(known: OwnToken | undefined) {
  if (!known) return { detail: { active: false } };
  const { jti, subject, clientId } = known;
  return { jti, subject, detail: { active: true, issuedTo: clientId } };
}
