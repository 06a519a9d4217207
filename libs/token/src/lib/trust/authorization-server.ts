import { checkOption, refuseUnknownOptions } from '../check-option.js';
import { toSeconds } from '../to-seconds.js';
import type { Algorithm } from '../types.js';
import { revocationSettings } from './revocation-settings.js';
import type { RevocationOptions } from './revocation-settings.js';
import { namesOfClients, serverKeys } from './server-options.js';
import type { ServerKeyOptions } from './server-options.js';
import { tokenProfiles } from './token-profiles.js';
import { checkedEntry, isSymmetric } from './trust-entry.js';
import type { CommonTrustOptions, TrustEntry } from './trust-entry.js';

/** How far an authorization server is trusted. @publicApi */
export interface AuthorizationServerOptions extends CommonTrustOptions, ServerKeyOptions {
  /** Our own name for it; `auth-server` unless told. */
  readonly name?: string;
  /** Our names for its clients: client_id -> name. */
  readonly callers?: Readonly<Record<string, string>>;
  /** Scopes it may put into a token; `any` unless told. */
  readonly mayAssert?: 'any' | readonly string[];
  /**
   * How its revocations are followed. Left out, its feed is followed if its metadata names one
   * (`revocation_feed_endpoint`) and is read for its keys, and knowledge that has grown old accepts,
   * loudly; given, the feed must be there from the start. `off` lets revoked tokens live until `exp`.
   */
  readonly revocation?: RevocationOptions | 'off';
}

const known: Readonly<Record<keyof AuthorizationServerOptions, true>> = {
  name: true,
  algorithms: true,
  carrier: true,
  maxLifetime: true,
  subjects: true,
  senderConstrained: true,
  callers: true,
  mayAssert: true,
  jwksUri: true,
  jwks: true,
  jwksOrigins: true,
  revocation: true,
};

const defaultAlgorithms: readonly Algorithm[] = ['ES256', 'EdDSA', 'RS256'];

/**
 * Trusts the access tokens (RFC 9068) of an authorization server; its keys are found through its
 * metadata unless told otherwise. `issuerUrl` is compared with `iss` as it is written.
 *
 * Refuses with a TypeError that names the option: an issuer that is not a canonical https URL (http
 * on loopback hosts), shared secrets, no or unknown algorithms, lifetimes over 24 h, subject
 * prefixes that are not canonical or lack the final slash, a `maxStale` under 5 s or over 1 h,
 * options that do not exist.
 *
 * @example
 * authorizationServer('https://auth.example', { subjects: ['https://census.example/user/'] })
 * @publicApi
 */
export function authorizationServer(
  issuerUrl: string,
  settings: AuthorizationServerOptions = {},
): TrustEntry {
  refuseUnknownOptions(settings, known);
  const algorithms = settings.algorithms ?? defaultAlgorithms;
  const entry = checkedEntry(
    {
      name: settings.name ?? 'auth-server',
      kind: 'authorization-server',
      issuer: issuerUrl,
      carrier: settings.carrier ?? 'Bearer',
      profile: tokenProfiles.accessToken,
      algorithms,
      maxLifetime: toSeconds(settings.maxLifetime ?? '1h', 'maxLifetime'),
      mayAssert: settings.mayAssert ?? 'any',
      subjects: settings.subjects ?? [],
      senderConstrained: settings.senderConstrained,
      callers: namesOfClients(settings.callers ?? {}),
    },
    '24h',
  );
  checkOption(!isSymmetric(algorithms), 'algorithms', 'be public-key algorithms for this issuer');
  const revocation = revocationSettings(settings.revocation);
  return Object.freeze({
    ...entry,
    keys: serverKeys(settings, algorithms),
    ...(revocation && { revocation }),
  });
}
