/** Tells services whom to trust: read, authenticate, answer. Must not know grants in detail. */
import type { Clock } from '@countersign/token';

import type { Audit } from '../audit/audit.js';
import type { LiveRegistry } from '../registry/live-registry.js';
import type { ClientAuthentication } from '../token/client-authentication/client-authentication.js';
import {
  addressOf,
  readClientRequest,
  type RawRequest,
} from '../token/client-authentication/client-request.js';
import type { TokenLimits } from '../token/limits/token-limits.js';
import { refusalForAudit } from '../token/refusal-for-audit.js';
import { TokenError } from '../token/token-error.js';
import { trustDocumentFor, type TrustDocument } from './peers-of.js';

/** What the endpoint works with. */
export interface TrustEndpointDeps {
  readonly registry: LiveRegistry;
  readonly authentication: ClientAuthentication;
  readonly limits: TokenLimits;
  readonly audit: Audit;
  readonly issuer: string;
  readonly clock: Clock;
}

/** Answers each service about its own callers, and nobody about those of another. */
export class TrustEndpoint {
  constructor(private readonly deps: TrustEndpointDeps) {}

  /**
   * Who may call the service that this client is. Throws TokenError: what the token endpoint answers
   * for credentials and limits, and `unauthorized_client` for a client that is no service.
   */
  async tell(request: RawRequest, body: unknown): Promise<TrustDocument> {
    const { registry, authentication, limits, issuer, clock } = this.deps;
    try {
      const { client } = await authentication.authenticateClient(
        readClientRequest(request, body, limits),
      );
      const { current } = registry;
      const service =
        client.service === undefined ? undefined : current.serviceNamed(client.service);
      if (service === undefined)
        throw new TokenError('unauthorized_client', {
          reason: 'the client is no service',
          client: client.id,
        });
      return trustDocumentFor(service, current, issuer, clock.now());
    } catch (error) {
      this.record(error, request);
      throw error;
    }
  }

  private record(error: unknown, from: RawRequest): void {
    const refusal = refusalForAudit(error);
    if (refusal === undefined) return;
    const { audit, clock } = this.deps;
    const address = addressOf(from);
    audit.record({ at: clock.now(), event: 'trust.refused', ...refusal, address });
  }
}
