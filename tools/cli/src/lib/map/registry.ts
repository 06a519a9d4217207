/** Who was granted what at the authorization server, as far as the map of a fleet needs it. */
import type { Json } from '@countersign/token';

import { Place } from './shapes.js';

/** What tokens can be meant for. */
export interface RegisteredService {
  readonly name: string;
  readonly audience: string;
  readonly scopes: readonly string[];
}

/** What a client may do at a service. */
export interface RegisteredGrant {
  readonly service: string;
  readonly scopes: readonly string[];
  readonly subjects: readonly string[];
  readonly expires: string | undefined;
}

/** Which tokens a client may exchange for which. */
export interface RegisteredEdge {
  readonly source: string;
  readonly target: string;
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
}

/** Who may ask for tokens. */
export interface RegisteredClient {
  readonly id: string;
  readonly service: string | undefined;
  readonly grants: readonly RegisteredGrant[];
  readonly onBehalfOf: readonly RegisteredEdge[];
}

/** The registry, without secrets and keys. */
export interface Registry {
  readonly services: readonly RegisteredService[];
  readonly clients: readonly RegisteredClient[];
}

/**
 * Reads a registry file, as `REGISTRY_FILE` of the authorization server. Grants that have ended by
 * `now` (milliseconds) are left out: they let nobody in.
 * @throws TypeError naming the member that is wrong.
 */
export function readRegistry(json: Json, now: number): Registry {
  const registry = new Place(json, 'registry');
  return {
    services: registry.at('services').optional((place) => place.list(readService)) ?? [],
    clients:
      registry.at('clients').optional((place) => place.list((one) => readClient(one, now))) ?? [],
  };
}

function readService(service: Place): RegisteredService {
  return {
    name: service.at('name').text(),
    audience: service.at('audience').text(),
    scopes: service.at('scopes').texts(),
  };
}

function readClient(client: Place, now: number): RegisteredClient {
  const isLive = ({ expires }: { readonly expires: string | undefined }) =>
    expires === undefined || Date.parse(expires) > now;
  return {
    id: client.at('id').text(),
    service: client.at('service').optional((place) => place.text()),
    grants: (client.at('grants').optional((place) => place.list(readGrant)) ?? []).filter(isLive),
    onBehalfOf: (client.at('onBehalfOf').optional((place) => place.list(readEdge)) ?? []).filter(
      isLive,
    ),
  };
}

function readGrant(grant: Place): RegisteredGrant {
  return {
    service: grant.at('service').text(),
    scopes: grant.at('scopes').texts(),
    subjects: grant.at('subjects').optional((place) => place.texts()) ?? [],
    expires: grant.at('expires').optional((place) => place.text()),
  };
}

function readEdge(edge: Place): RegisteredEdge {
  return {
    source: edge.at('source').text(),
    target: edge.at('target').text(),
    scopes: edge.at('scopes').texts(),
    expires: edge.at('expires').optional((place) => place.text()),
  };
}
