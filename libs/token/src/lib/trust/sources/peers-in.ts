import type { JsonWebKey } from 'node:crypto';

import { checkOption, refuseUnknownOptions } from '../../check-option.js';
import { isKeyUrl } from '../../keys/is-key-url.js';
import { addressRule } from '../../net/public-address.js';
import type { Json, JsonObject } from '../../types.js';
import { servicePeer } from '../service-peer.js';
import type { ServicePeerOptions } from '../service-peer.js';
import type { TrustEntry } from '../trust-entry.js';

/** What an authorization server says of those who may call one of its services. @internal */
export interface ToldPeers {
  /** Client id -> name. */
  readonly callers: Readonly<Record<string, string>>;
  readonly peers: readonly TrustEntry[];
}

const most = 1000;

const known = {
  name: true,
  issuer: true,
  jwks: true,
  jwks_uri: true,
  networks: true,
  ca: true,
  algorithms: true,
  scopes: true,
  subjects: true,
} as const;

/**
 * Reads `callers` and `peers` of a trust document. Members of it that are not known are for others; of
 * a peer they are not: one that is not understood might be a limit.
 *
 * Throws a TypeError that names the peer for anything that `servicePeer` refuses.
 * @internal
 */
export function peersIn({ callers = {}, peers = [] }: JsonObject): ToldPeers {
  checkOption(isTextMap(callers), 'callers', 'map client ids to names');
  checkOption(
    Array.isArray(peers) && peers.length <= most,
    'peers',
    `be a list of at most ${most} services`,
  );
  return {
    callers: callers as Readonly<Record<string, string>>,
    peers: (peers as readonly Json[]).map((peer, index) => {
      try {
        return peerOf(peer);
      } catch (error) {
        throw new TypeError(`peers[${index}]: ${(error as Error).message}`, { cause: error });
      }
    }),
  };
}

function peerOf(peer: Json): TrustEntry {
  checkOption(isObject(peer), 'peer', 'be an object');
  const { name, issuer, jwks, jwks_uri: url, scopes, subjects, algorithms } = peer as JsonObject;
  refuseUnknownOptions(peer as JsonObject, known);
  checkOption((jwks === undefined) !== (url === undefined), 'jwks', 'be given, or jwks_uri');
  checkOption(jwks === undefined || Array.isArray(jwks), 'jwks', 'be a list of keys');
  const entry = servicePeer(name as string, {
    issuer: issuer as string,
    jwks: (jwks ?? url) as string | readonly JsonWebKey[],
    mayAssert: scopes as readonly string[],
    subjects: subjects as readonly string[],
    ...(algorithms !== undefined && {
      algorithms: algorithms as unknown as NonNullable<ServicePeerOptions['algorithms']>,
    }),
  });
  return url === undefined ? entry : boundedEntry(entry, peer as JsonObject);
}

/** A URL that somebody else wrote down leads to public addresses, and to those that are listed. */
function boundedEntry(
  entry: TrustEntry,
  { jwks_uri: url, networks = [], ca }: JsonObject,
): TrustEntry {
  checkOption(isKeyUrl(url), 'jwks_uri', 'be https, or http on a loopback host');
  checkOption(isTextList(networks), 'networks', 'be a list of CIDR blocks');
  checkOption(ca === undefined || typeof ca === 'string', 'ca', 'be certificates in PEM');
  addressRule(networks as readonly string[]);
  return Object.freeze<TrustEntry>({
    ...entry,
    keys: Object.freeze({
      from: 'jwks',
      url: url as string,
      networks: Object.freeze([...(networks as readonly string[])]),
      ...(ca !== undefined && { ca: ca as string }),
    }),
  });
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextMap(value: Json): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
}

function isTextList(value: Json): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
