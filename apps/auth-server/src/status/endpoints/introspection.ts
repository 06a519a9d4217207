import type { Json, JsonObject } from '@countersign/token';

import type { Client, Registry } from '../../registry/registry.js';
import { isLive } from '../../token/grants/granted-service.js';
import type { OwnToken } from '../own-tokens.js';

/** What an introspection answers (RFC 7662 section 2.2). */
export type IntrospectionResponse = { readonly active: false } | (JsonObject & { active: true });

/** The answer for everything that is not an active token of the caller's concern. */
export const inactive: IntrospectionResponse = Object.freeze({ active: false });

/** Claims that a caller is told: all that we put into access tokens, and nothing else. */
const told = ['iss', 'aud', 'sub', 'client_id', 'scope', 'iat', 'nbf', 'exp', 'jti'] as const;
const toldOfActors = ['act', 'may_act', 'cnf'] as const;

/**
 * Describes an active token (RFC 7662 section 2.2, RFC 8693 section 4 for actors, RFC 9449 section 6.2
 * and RFC 8705 section 3.2 for what it is bound to).
 */
export function describeToken({ claims }: OwnToken): IntrospectionResponse {
  const members: Record<string, Json> = {};
  for (const name of [...told, ...toldOfActors]) {
    const value = claims[name];
    if (value !== undefined) members[name] = value;
  }
  return { active: true, token_type: typeOf(claims['cnf']), ...members };
}

/** RFC 9449 section 6.2: how the token is presented, as its own answer said. */
function typeOf(cnf: Json | undefined): 'Bearer' | 'DPoP' {
  return typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? 'DPoP' : 'Bearer';
}

/** Who asks about a token, and what is known of them. */
export interface Introspector {
  readonly client: Client;
  readonly registry: Registry;
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * Whether a client may learn what a token says (RFC 7662 section 4): the one it was issued to, the
 * service it is meant for, and whoever may read everything here. For anybody else a token that was
 * found or guessed must not become a description of its user.
 */
export function mayKnow({ clientId, audience }: OwnToken, asks: Introspector): boolean {
  const { client, registry, issuer, now } = asks;
  if (clientId === client.id) return true;
  const service = client.service === undefined ? undefined : registry.serviceNamed(client.service);
  if (service && audience.includes(service.audience)) return true;
  const grant = client.grants.get(`${issuer}/admin`);
  return grant !== undefined && isLive(grant, now) && grant.scopes.includes('admin:read');
}
