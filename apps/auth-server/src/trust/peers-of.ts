/** Who may call a service, as the registry says. Knows no request. */
import { servicePeer, type Json, type JsonObject } from '@countersign/token';

import { isLive } from '../token/grants/granted-service.js';
import type { Client, ClientKeys, Grant, Registry, Service } from '../registry/registry.js';

/** What a service is told of its callers. */
export interface TrustDocument {
  readonly issuer: string;
  /** The version of the registry that this is read from. */
  readonly version: number;
  /** Client id -> name: that of its service, or its own. Who has no name is nobody's caller. */
  readonly callers: Readonly<Record<string, string>>;
  /** Services that may call with tokens they sign themselves. */
  readonly peers: readonly JsonObject[];
}

interface Caller {
  readonly client: Client;
  readonly grant: Grant;
}

/**
 * The callers of a service: every client with a live grant for it, and, of those that are a service
 * and have keys, the service as a peer. Its issuer is its audience, its scopes and users are those of
 * the grant.
 *
 * A service of which several clients with keys hold grants here is no peer: its tokens do not say
 * which of the clients made them, so the scopes of one would be those of the other. Neither is one
 * whose keys a receiver could not use.
 */
export function trustDocumentFor(
  service: Service,
  registry: Registry,
  issuer: string,
  now: number,
): TrustDocument {
  const callers = registry.clients.flatMap((client): Caller[] => {
    const grant = client.grants.get(service.audience);
    return grant !== undefined && isLive(grant, now) ? [{ client, grant }] : [];
  });
  return {
    issuer,
    version: registry.version,
    callers: namesOf(callers, registry),
    peers: peersAmong(callers, service, registry),
  };
}

/** A client that is no service has its id for a name, unless that is the name of a service with clients. */
function namesOf(callers: readonly Caller[], registry: Registry): Record<string, string> {
  const taken = new Set(registry.clients.map(({ service }) => service));
  const named = callers
    .map(({ client }) => client)
    .filter(({ id, service }) => service !== undefined || !taken.has(id));
  return Object.fromEntries(named.map(({ id, service = id }) => [id, service]));
}

function peersAmong(callers: readonly Caller[], to: Service, registry: Registry): JsonObject[] {
  const signing = callers.filter(({ client }) => client.keys && client.service !== undefined);
  return signing.flatMap((caller) => {
    const { service: name } = caller.client;
    if (name === to.name || signing.filter(({ client }) => client.service === name).length > 1)
      return [];
    const service = registry.serviceNamed(name as string);
    const peer = service && peerOf(service, caller);
    return peer && isUsable(peer) ? [peer] : [];
  });
}

function peerOf({ name, audience }: Service, { client, grant }: Caller): JsonObject {
  const keys = client.keys as ClientKeys;
  const algorithms = algorithmsOf(client, keys);
  return {
    name,
    issuer: audience,
    scopes: grant.scopes,
    subjects: grant.subjects,
    ...(algorithms.length > 0 && { algorithms }),
    ...('jwks' in keys
      ? { jwks: keys.jwks as unknown as Json }
      : {
          jwks_uri: keys.jwksUri,
          networks: keys.networks,
          ...(keys.ca !== undefined && { ca: keys.ca }),
        }),
  };
}

/** What it may sign with, or what its keys are for. */
function algorithmsOf({ algorithms }: Client, keys: ClientKeys): readonly string[] {
  if (algorithms.length > 0 || !('jwks' in keys)) return algorithms;
  const named = keys.jwks.map(({ alg }) => alg);
  return named.every((alg) => typeof alg === 'string') ? [...new Set(named)] : [];
}

/** By the very function that a receiver will use: one peer that it refuses would cost it all others. */
function isUsable({ name, issuer, scopes, subjects, algorithms, jwks, jwks_uri: url }: JsonObject) {
  try {
    servicePeer(
      name as string,
      {
        issuer,
        jwks: jwks ?? url,
        mayAssert: scopes,
        subjects,
        ...(algorithms !== undefined && { algorithms }),
      } as never,
    );
    return true;
  } catch {
    return false;
  }
}
