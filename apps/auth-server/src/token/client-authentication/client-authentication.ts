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
import { matchingCertificate } from './matching-certificate.js';
import { matchingSecret } from './matching-secret.js';
import {
  presentedCredentials,
  type PresentedCertificate,
  type PresentedSecret,
} from './presented-credentials.js';

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
    const match = this.matcherOf(presented);
    const accepted = this.accept(this.options.registry.current.find(presented.id), match);
    return accepted ?? this.afterAnotherLook(presented, match, network);
  }

  /** A client or credential that was added a moment ago is there when the database is asked. */
  private async afterAnotherLook(
    presented: PresentedSecret | PresentedCertificate,
    match: Matcher,
    network: string,
  ): Promise<AuthenticatedClient> {
    const { registry, limits } = this.options;
    limits.mayFail(network);
    const client = await registry.refreshFor(presented.id);
    const accepted = this.accept(client, match);
    if (accepted) return accepted;
    limits.failed(network, presented.id);
    throw new TokenError('invalid_client', {
      reason: reasonOf(client, match(client), presented),
      challenge: presented.method === 'client_secret_basic',
      client: client?.id ?? briefId(presented.id),
    });
  }

  private matcherOf(presented: PresentedSecret | PresentedCertificate): Matcher {
    const { clock } = this.options;
    if (presented.method === 'certificate') {
      const { certificate } = presented;
      return (client) => matchingCertificate(client, certificate, clock.now());
    }
    const { method, secret } = presented;
    const digest = digestOf(secret);
    return (client) => {
      const found = matchingSecret(client, digest, clock.now());
      return found && { ...found, method };
    };
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

  /** The client, if this is a credential of it that holds now. */
  private accept(client: Client | undefined, match: Matcher): AuthenticatedClient | undefined {
    const found = match(client);
    if (!client || !found?.isLive) return undefined;
    const { id: credential, method } = found;
    this.options.limits.admitClient(client.id);
    if (!isByCertificate(method)) this.options.uses.record(credential);
    return { client, method, credential };
  }
}

/** A credential that a client has, and whether it holds now. */
interface Match {
  /** Names it in the audit log. */
  readonly id: string;
  readonly method: AuthenticatedClient['method'];
  readonly isLive: boolean;
}

/** Looks for what was presented among the credentials of a client, or of nobody in like time. */
type Matcher = (client: Client | undefined) => Match | undefined;

function isByCertificate(method: AuthenticatedClient['method']): boolean {
  return method === 'tls_client_auth' || method === 'self_signed_tls_client_auth';
}

function reasonOf(
  client: Client | undefined,
  match: Match | undefined,
  { method }: PresentedSecret | PresentedCertificate,
): string {
  if (!client) return 'unknown client';
  if (method === 'certificate')
    return match ? 'the certificate has expired' : 'another certificate';
  return match ? 'the secret has expired' : 'wrong secret';
}
