/**
 * Who asks: from a request to a client that has proven who it is. Every endpoint that clients
 * authenticate at uses this one class. Knows no grant and no token of ours.
 */
import type { Clock } from '@countersign/token';

import type { LiveRegistry } from '../../registry/live-registry.js';
import type { Client } from '../../registry/registry.js';
import { digestOf, isWellFormedSecret } from '../../registry/secret.js';
import type { SecretUses } from '../../registry/secret-uses.js';
import type { TokenLimits } from '../limits/token-limits.js';
import { TokenError } from '../token-error.js';
import type { AuthenticatedClient } from './authenticated-client.js';
import { briefId } from './brief-id.js';
import type { ClientAssertions } from './client-assertions.js';
import type { ClientRequest } from './client-request.js';
import { matchingSecret, type MatchingSecret } from './matching-secret.js';
import { presentedCredentials, type PresentedSecret } from './presented-credentials.js';

/** What clients are authenticated with. */
export interface ClientAuthenticationOptions {
  readonly registry: LiveRegistry;
  readonly limits: TokenLimits;
  readonly assertions: ClientAssertions;
  readonly uses: SecretUses;
  readonly clock: Clock;
}

/** Authenticates clients, by whichever method they use. */
export class ClientAuthentication {
  constructor(private readonly options: ClientAuthenticationOptions) {}

  /**
   * The client whose credentials a request carries; at once when they are a secret that is known.
   *
   * An unknown client and wrong credentials are the same refusal (`invalid_client`) after the same
   * work, one look into the database included. Throws `invalid_request` for two sets of credentials,
   * 429 for too many requests or failures, 503 when nobody could tell.
   */
  authenticateClient(request: ClientRequest): AuthenticatedClient | Promise<AuthenticatedClient> {
    const { network } = request;
    const { limits } = this.options;
    const presented = limits.counted(network, () =>
      presentedCredentials(request, (key) => isWellFormedSecret(key)?.client),
    );
    if (presented.method === 'assertion') return this.byAssertion(presented, network);
    limits.mayTry(network, presented.id);
    const digest = digestOf(presented.secret);
    const client = this.options.registry.current.find(presented.id);
    const match = matchingSecret(client, digest, this.options.clock.now());
    if (client && match?.isLive) return this.accepted(client, presented.method, match.id);
    return this.afterAnotherLook(presented, digest, network);
  }

  /** A client or secret that was added a moment ago is there when the database is asked. */
  private async afterAnotherLook(
    presented: PresentedSecret,
    digest: Buffer,
    network: string,
  ): Promise<AuthenticatedClient> {
    const { registry, limits, clock } = this.options;
    limits.mayFail(network);
    const client = await registry.refreshFor(presented.id);
    const match = matchingSecret(client, digest, clock.now());
    if (client && match?.isLive) return this.accepted(client, presented.method, match.id);
    limits.failed(network, presented.id);
    throw new TokenError('invalid_client', {
      reason: reasonOf(client, match),
      challenge: presented.method === 'client_secret_basic',
      client: client?.id ?? briefId(presented.id),
    });
  }

  private async byAssertion(
    presented: Parameters<ClientAssertions['verify']>[0],
    network: string,
  ): Promise<AuthenticatedClient> {
    const { assertions, limits } = this.options;
    const { client, method, credential } = await assertions.verify(presented, network);
    limits.admitClient(client.id);
    return { client, method, credential };
  }

  private accepted(
    client: Client,
    method: AuthenticatedClient['method'],
    credential: string,
  ): AuthenticatedClient {
    this.options.limits.admitClient(client.id);
    this.options.uses.record(credential);
    return { client, method, credential };
  }
}

function reasonOf(client: Client | undefined, match: MatchingSecret | undefined): string {
  if (!client) return 'unknown client';
  return match ? 'the secret has expired' : 'wrong secret';
}
