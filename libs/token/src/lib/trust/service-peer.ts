import type { JsonWebKey } from 'node:crypto';

import { checkOption, refuseUnknownOptions } from '../check-option.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { staticKeys } from '../keys/static-keys.js';
import { addressRule } from '../net/public-address.js';
import { toSeconds } from '../to-seconds.js';
import type { Algorithm, Binding } from '../types.js';
import { tokenProfiles } from './token-profiles.js';
import { checkedEntry, isSymmetric } from './trust-entry.js';
import type { CommonTrustOptions, KeysOfIssuer, TrustEntry } from './trust-entry.js';

/** How far a service that signs its own tokens is trusted. @publicApi */
export interface ServicePeerOptions extends CommonTrustOptions {
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  /**
   * The URL of its key set, its keys themselves, its shared secret as a JWK (HS* only), or
   * `discover`: its key set lies at `<issuer>/.well-known/jwks.json`, and at a public address.
   */
  readonly jwks: string | readonly JsonWebKey[];
  /** CIDR blocks of private addresses at which `discover` may find it; none unless listed. */
  readonly networks?: readonly string[];
  /** Scopes it may put into its tokens; none unless listed. */
  readonly mayAssert?: readonly string[];
  /** Also accept `typ` `JWT` or none, and tokens without `jti`. */
  readonly legacy?: boolean;
  /**
   * Its tokens count only for what they were signed for, on every route: the content (`body`: `bdy`),
   * or method and URL too (`request`). Whoever sees one can do nothing else with it.
   */
  readonly bound?: Binding;
  /** Each of its tokens counts once, on every route; needs a replay store. */
  readonly singleUse?: boolean;
}

const known: Readonly<Record<keyof ServicePeerOptions, true>> = {
  issuer: true,
  jwks: true,
  networks: true,
  algorithms: true,
  carrier: true,
  maxLifetime: true,
  subjects: true,
  senderConstrained: true,
  mayAssert: true,
  legacy: true,
  bound: true,
  singleUse: true,
};

const defaultAlgorithms: readonly Algorithm[] = ['ES256', 'EdDSA', 'RS256'];

/**
 * Trusts the tokens that a service signs itself, under our own `name` for it.
 *
 * Refuses with a TypeError that names the option: an issuer that is not a canonical https URL (http
 * on loopback hosts), no or unknown algorithms, shared secrets beside public keys or behind a URL,
 * keys that cannot be used, networks that are no CIDR blocks or not for `discover`, lifetimes over 5
 * min, subject prefixes that are not canonical or lack the final slash, options that do not exist.
 *
 * @example
 * servicePeer('herald', {
 *   issuer: 'https://herald.example/',
 *   jwks: 'https://herald.example/.well-known/jwks.json',
 *   carrier: 'JWT',
 *   mayAssert: ['users:read'],
 *   subjects: ['https://census.example/user/'],
 * })
 * @publicApi
 */
export function servicePeer(name: string, settings: ServicePeerOptions): TrustEntry {
  refuseUnknownOptions(settings, known);
  const algorithms = settings.algorithms ?? defaultAlgorithms;
  const { mayAssert = [], bound, singleUse } = settings;
  // The type says so; a caller without types must not get an issuer that may assert everything.
  checkOption(Array.isArray(mayAssert), 'mayAssert', 'be a list of scopes (RFC 6749 section 3.3)');
  checkOption([undefined, 'body', 'request'].includes(bound), 'bound', "be 'body' or 'request'");
  checkOption([undefined, true, false].includes(singleUse), 'singleUse', 'be true or false');
  const entry = checkedEntry(
    {
      name,
      kind: 'service-peer',
      issuer: settings.issuer,
      carrier: settings.carrier ?? 'Bearer',
      profile: tokenProfiles[settings.legacy === true ? 'legacyServiceToken' : 'serviceToken'],
      algorithms,
      maxLifetime: toSeconds(settings.maxLifetime ?? '60s', 'maxLifetime'),
      mayAssert,
      subjects: settings.subjects ?? [],
      senderConstrained: settings.senderConstrained,
      bound,
      singleUse,
      callers: Object.create(null) as Readonly<Record<string, string>>,
    },
    '5m',
  );
  return Object.freeze({ ...entry, keys: keysOf(settings, algorithms) });
}

function keysOf(
  { issuer, jwks, networks }: ServicePeerOptions,
  algorithms: readonly Algorithm[],
): KeysOfIssuer {
  checkOption(networks === undefined || jwks === 'discover', 'networks', "be for jwks: 'discover'");
  const symmetric = isSymmetric(algorithms);
  if (Array.isArray(jwks)) {
    const store = staticKeys(jwks as readonly JsonWebKey[], algorithms, { symmetric });
    return Object.freeze({ from: 'configuration', store });
  }
  if (jwks === 'discover') return discovered(issuer, networks ?? [], symmetric);
  checkOption(isKeyUrl(jwks), 'jwks', 'be keys, an https URL, or http on a loopback host');
  checkOption(
    !symmetric,
    'jwks',
    'hold the shared secret itself for HS* algorithms: no URL publishes it',
  );
  return Object.freeze({ from: 'jwks', url: jwks as string });
}

/** Of no issuer but the one that is listed: whom a token names decides nothing about where to ask. */
function discovered(issuer: string, networks: readonly string[], symmetric: boolean): KeysOfIssuer {
  checkOption(!symmetric, 'jwks', 'hold the shared secret itself for HS* algorithms');
  checkOption(Array.isArray(networks), 'networks', 'be a list of CIDR blocks');
  addressRule(networks);
  const url = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  return Object.freeze({ from: 'jwks', url, networks: Object.freeze([...networks]) });
}
