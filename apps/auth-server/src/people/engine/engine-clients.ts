import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { AllClientMetadata } from 'oidc-provider';

import type { LiveRegistry } from '../../registry/live-registry.js';
import type { Client } from '../../registry/registry.js';
import { isLive } from '../../token/grants/granted-service.js';
import type { NamedClient } from '../people-pages.js';

/** What an application may learn of a person by itself (OpenID Connect Core section 5.4). */
export const personScopes = ['openid', 'profile', 'email'] as const;

/** A scope that an application may ask a person for, and where it means something. */
export interface AskedScope {
  readonly scope: string;
  /** Names of services; none for what the application learns by itself. */
  readonly services: readonly string[];
}

/** What the engine knows of clients: those of the registry that people can log in to. */
export interface EngineClientsDeps {
  readonly registry: LiveRegistry;
  /** The audience of people's tokens. */
  readonly exchange: string;
  /** Seconds since the epoch. */
  now(): number;
}

/**
 * Clients as the engine takes them, always those of the registry now. Whoever gets to its endpoints for
 * clients has been authenticated by this server before: a secret that only this process knows says so.
 */
export class EngineClients {
  /** Shown to the engine in place of what a client authenticated with. */
  readonly secret = randomBytes(32).toString('base64url');

  constructor(private readonly deps: EngineClientsDeps) {}

  /** A client that people can log in to. */
  find(id: string): (Client & { readonly login: NonNullable<Client['login']> }) | undefined {
    const client = this.deps.registry.current.find(id);
    return client?.login && { ...client, login: client.login };
  }

  /** Its name for people. */
  named(id: string): NamedClient | undefined {
    const client = this.find(id);
    return client && { id, name: client.login.name };
  }

  /** Its metadata for the engine. */
  metadata(id: string): AllClientMetadata | undefined {
    const client = this.find(id);
    if (!client) return undefined;
    const { name, redirectUris, postLogoutRedirectUris } = client.login;
    return {
      client_id: id,
      client_name: name,
      client_secret: this.secret,
      token_endpoint_auth_method: 'client_secret_basic',
      application_type: 'web',
      subject_type: 'public',
      redirect_uris: [...redirectUris],
      post_logout_redirect_uris: [...postLogoutRedirectUris],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
      scope: personScopes.join(' '),
    };
  }

  /** Whether this is what `secret` says. */
  isAuthenticated(secret: unknown): boolean {
    if (typeof secret !== 'string') return false;
    const [given, right] = [Buffer.from(secret), Buffer.from(this.secret)];
    return given.length === right.length && timingSafeEqual(given, right);
  }

  /** All that a client may ask for: about the person, and for what it may exchange a token now. */
  scopes(id: string): readonly string[] {
    return [...personScopes, ...this.servicesByScope(id).keys()];
  }

  /** What scopes mean to a person. */
  asked(id: string, scopes: readonly string[]): readonly AskedScope[] {
    const services = this.servicesByScope(id);
    return scopes.map((scope) => ({ scope, services: services.get(scope) ?? [] }));
  }

  private servicesByScope(id: string): ReadonlyMap<string, readonly string[]> {
    const { registry, exchange, now } = this.deps;
    const found = new Map<string, string[]>();
    for (const edge of registry.current.find(id)?.edges ?? []) {
      if (edge.source !== exchange || !isLive(edge, now())) continue;
      const name = registry.current.service(edge.target)?.name ?? edge.target;
      for (const scope of edge.scopes) found.set(scope, [...(found.get(scope) ?? []), name]);
    }
    return found;
  }
}
