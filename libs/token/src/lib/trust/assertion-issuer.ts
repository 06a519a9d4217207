import { checkOption, refuseUnknownOptions } from '../check-option.js';
import type { Duration } from '../to-seconds.js';
import { toSeconds } from '../to-seconds.js';
import type { Algorithm, KeyStore, TokenProfile, TrustedIssuer } from '../types.js';
import { isUriPrefix } from './canonical-uri.js';
import { checkAlgorithms } from './trust-entry.js';

/** Who signs an assertion, and how far it is believed. @publicApi */
export interface AssertionIssuerOptions {
  /** Our own name for it, for refusals and logs. */
  readonly name: string;
  /** The exact `iss`, or `spiffe://<trust domain>`: a client id, for a client's own assertions. */
  readonly issuer: string;
  /** Which kind of assertion: one of `tokenProfiles`. */
  readonly profile: TokenProfile;
  readonly algorithms: readonly Algorithm[];
  /** Longest life of an assertion. */
  readonly maxLifetime: Duration;
  readonly keys: KeyStore;
  /** Canonical URI prefixes of users it may name; none unless listed. */
  readonly subjects?: readonly string[];
}

const known: Readonly<Record<keyof AssertionIssuerOptions, true>> = {
  name: true,
  issuer: true,
  profile: true,
  algorithms: true,
  maxLifetime: true,
  keys: true,
  subjects: true,
};

/**
 * Somebody whose signed assertions an endpoint accepts: a client, a platform of workloads, whoever
 * may vouch for users. What it signs never makes a principal.
 *
 * Refuses with a TypeError that names the option: an empty name or issuer, shared secrets and
 * unknown algorithms, a lifetime of 0 or over 24 h, subject prefixes that are not canonical or lack
 * the final slash, options that do not exist.
 *
 * @example
 * const issuer = assertionIssuer({
 *   name: client.id,
 *   issuer: client.id,
 *   profile: tokenProfiles.clientAssertion,
 *   algorithms: ['ES256'],
 *   maxLifetime: '5m',
 *   keys,
 * });
 * await verifyJwt(assertion, { issuerOf: () => issuer, clock, clockTolerance, maxTokenBytes });
 * @publicApi
 */
export function assertionIssuer(settings: AssertionIssuerOptions): TrustedIssuer {
  refuseUnknownOptions(settings, known);
  const { name, issuer, profile, algorithms, keys, subjects = [] } = settings;
  checkOption(typeof name === 'string' && name !== '', 'name', 'not be empty');
  checkOption(typeof issuer === 'string' && issuer !== '', 'issuer', 'not be empty');
  checkAlgorithms(algorithms);
  checkOption(
    !algorithms.some((algorithm) => algorithm.startsWith('HS')),
    'algorithms',
    'be public-key algorithms for assertions',
  );
  const maxLifetime = toSeconds(settings.maxLifetime, 'maxLifetime');
  checkOption(maxLifetime > 0 && maxLifetime <= 86_400, 'maxLifetime', 'be over 0 and at most 24h');
  checkOption(subjects.every(isUriPrefix), 'subjects', "be canonical URIs that end in '/'");
  return Object.freeze<TrustedIssuer>({
    name,
    kind: 'assertion',
    issuer,
    carrier: 'Bearer',
    profile,
    algorithms: Object.freeze([...algorithms]),
    maxLifetime,
    mayAssert: Object.freeze([]),
    subjects: Object.freeze([...subjects]),
    callers: Object.freeze(Object.create(null) as Record<string, string>),
    keys,
  });
}
