import { checkOption, refuseUnknownOptions } from '../../check-option.js';
import { toSeconds } from '../../to-seconds.js';
import { namesOfClients, serverKeys } from '../server-options.js';
import type { ServerKeyOptions } from '../server-options.js';
import { checkedEntry, isSymmetric } from '../trust-entry.js';
import type { CommonTrustOptions, TrustEntry } from '../trust-entry.js';
import type { ForeignPreset } from './dialect.js';
import { dialects } from './dialects.js';
import { foreignProfile, foreignRules, foreignSubjects } from './foreign-rules.js';
import type { ForeignRulesOptions } from './foreign-rules.js';
import { presetFacts } from './presets.js';

/** How far a server is trusted that is not ours. @publicApi */
export interface ForeignServerOptions
  extends Omit<CommonTrustOptions, 'subjects'>, ServerKeyOptions, ForeignRulesOptions {
  /** The exact `iss` of its tokens: of one tenant, realm or pool. */
  readonly issuer: string;
  /** Our own name for it; that of the preset unless told. */
  readonly name?: string;
  /** Our names for its clients: client id -> name. */
  readonly callers?: Readonly<Record<string, string>>;
  /** Scopes it may put into a token, as we call them: `any`, or a list. There is no default. */
  readonly mayAssert: 'any' | readonly string[];
}

const known: Readonly<Record<keyof ForeignServerOptions, true>> = {
  issuer: true,
  name: true,
  callers: true,
  mayAssert: true,
  algorithms: true,
  carrier: true,
  maxLifetime: true,
  jwks: true,
  jwksUri: true,
  jwksOrigins: true,
  subjects: true,
  senderConstrained: true,
  audiences: true,
  audience: true,
  scopePrefix: true,
  relaxations: true,
};

/**
 * Trusts the access tokens of a server that is not ours, and writes them its own way: `keycloak`,
 * `entra`, `auth0`, `okta` or `cognito`. Everything is checked as for a server of ours, but for what
 * `relaxations` gives up by name; ID tokens and refresh tokens are refused whatever it says.
 *
 * Refuses with a TypeError that names the option: an issuer that is no single tenant, realm or pool
 * of such a server, a relaxation that its tokens do not need, `aud-missing` without `audience` and
 * `callers`, shared secrets, no `mayAssert`, lifetimes over 24 h, options that do not exist.
 *
 * @example
 * foreignServer('entra', {
 *   issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
 *   audiences: { [applicationId]: 'https://census.example/' },
 *   callers: { [heraldId]: 'herald' },
 *   mayAssert: ['users:read'],
 *   subjects: { prefix: 'https://people.example/entra/' },
 *   relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
 * })
 * @publicApi
 */
export function foreignServer(preset: ForeignPreset, settings: ForeignServerOptions): TrustEntry {
  checkOption(
    Object.hasOwn(dialects, preset),
    'preset',
    `be one of ${Object.keys(dialects).join(', ')}`,
  );
  refuseUnknownOptions(settings, known);
  const facts = presetFacts[preset];
  const { issuer, algorithms = facts.algorithms } = settings;
  checkOption(
    typeof issuer === 'string' && facts.issuer.test(issuer),
    'issuer',
    `look like ${facts.issuerLooksLike}`,
  );
  const callers = namesOfClients(settings.callers ?? {});
  const rules = foreignRules(dialects[preset], settings, callers, facts.relaxations);
  const entry = checkedEntry(
    {
      name: settings.name ?? preset,
      kind: 'foreign-server',
      issuer,
      carrier: settings.carrier ?? 'Bearer',
      profile: foreignProfile(rules),
      algorithms,
      maxLifetime: toSeconds(settings.maxLifetime ?? facts.maxLifetime, 'maxLifetime'),
      mayAssert: settings.mayAssert,
      subjects: foreignSubjects(settings),
      callers,
      foreign: rules,
      senderConstrained: settings.senderConstrained,
    },
    '24h',
  );
  checkOption(!isSymmetric(algorithms), 'algorithms', 'be public-key algorithms for this issuer');
  return Object.freeze({ ...entry, keys: serverKeys(settings, algorithms, 'openid') });
}
