import { checkOption, refuseUnknownOptions } from '../check-option.js';
import { checkAuthentication } from '../client/client-authentication.js';
import type { ClientAuthentication } from '../client/client-authentication.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { addressRule } from '../net/public-address.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';
import { standardDialect } from '../trust/foreign/dialects.js';
import { foreignRules, foreignSubjects } from '../trust/foreign/foreign-rules.js';
import type { ForeignRulesOptions } from '../trust/foreign/foreign-rules.js';
import { namesOfClients } from '../trust/server-options.js';
import { checkedEntry } from '../trust/trust-entry.js';
import type { CommonTrustOptions, KeysOfIssuer, TrustEntry } from '../trust/trust-entry.js';

/** How far a server is trusted that is asked about its tokens. @publicApi */
export interface IntrospectionServerOptions
  extends Omit<CommonTrustOptions, 'algorithms' | 'subjects'>, ForeignRulesOptions {
  /** Its issuer identifier: what its answers name as `iss`, if they name any. */
  readonly issuer: string;
  /** Where it is asked; read from its metadata (RFC 8414), at its own origin, unless told. */
  readonly endpoint?: string;
  /** CIDR blocks of private addresses that it may have; then no other private one is asked. */
  readonly networks?: readonly string[];
  /** As whom we ask: `clientSecretBasic`, `clientSecretPost` or `privateKeyJwt`. */
  readonly client: ClientAuthentication;
  /** `opaque`: it issues no JWTs (unless told); `any`: JWTs that name it are asked about, too. */
  readonly tokens?: 'opaque' | 'any';
  /** Our names for its clients: client id -> name. */
  readonly callers?: Readonly<Record<string, string>>;
  /** Scopes it may put into a token: `any`, or a list. There is no default. */
  readonly mayAssert: 'any' | readonly string[];
  /** How long an answer is used again: 30 s unless told, at most 5 min; `off` asks every time. */
  readonly maxAge?: Duration | 'off';
  /** For one question; 3 s unless told, at most 30 s. */
  readonly timeout?: Duration;
  /** Most questions under way at a time: 64 unless told, at most 1024. */
  readonly concurrency?: number;
}

const known: Readonly<Record<keyof IntrospectionServerOptions, true>> = {
  issuer: true,
  endpoint: true,
  networks: true,
  client: true,
  tokens: true,
  callers: true,
  mayAssert: true,
  maxAge: true,
  timeout: true,
  concurrency: true,
  carrier: true,
  maxLifetime: true,
  senderConstrained: true,
  subjects: true,
  audiences: true,
  audience: true,
  scopePrefix: true,
  relaxations: true,
};

/**
 * Trusts what a server says of its own tokens when it is asked (RFC 7662): for tokens that are
 * opaque, under our own `name` for it. Its answers are held to what an access token is held to:
 * `aud`, `exp`, `sub` and `client_id` are compulsory, `iss` must not be another's.
 *
 * Which token is sent where is never in doubt: at most one such server per carrier, and a token that
 * looks like a JWT goes to the issuer that it names, or to nobody. Our credentials go to the endpoint
 * and follow no redirect.
 *
 * Refuses with a TypeError that names the option: an issuer or endpoint that is not https (http on
 * loopback hosts), no client, no `mayAssert`, an age over 5 min, options that do not exist.
 *
 * @example
 * introspectionServer('legacy-auth', {
 *   issuer: 'https://legacy-auth.example',
 *   client: clientSecretBasic('census', config.LEGACY_AUTH_SECRET),
 *   mayAssert: ['users:read'],
 *   callers: { 'herald-client': 'herald' },
 * })
 * @publicApi
 */
export function introspectionServer(
  name: string,
  settings: IntrospectionServerOptions,
): TrustEntry {
  refuseUnknownOptions(settings, known);
  const callers = namesOfClients(settings.callers ?? {});
  const foreign = foreignRules(standardDialect, settings, callers, ['act-missing', 'aud-missing']);
  const entry = checkedEntry(
    {
      name,
      kind: 'foreign-server',
      issuer: settings.issuer,
      carrier: settings.carrier ?? 'Bearer',
      profile: {
        name: 'introspected-token',
        types: [],
        requiredClaims: ['sub', 'client_id'],
        issuedAt: 'optional',
      },
      algorithms: [],
      maxLifetime: toSeconds(settings.maxLifetime ?? '24h', 'maxLifetime'),
      mayAssert: settings.mayAssert,
      subjects: foreignSubjects(settings),
      callers,
      foreign,
      senderConstrained: settings.senderConstrained,
    },
    '24h',
  );
  return Object.freeze({ ...entry, keys: asked(settings) });
}

function asked(settings: IntrospectionServerOptions): KeysOfIssuer {
  const { endpoint, networks, client, tokens = 'opaque', concurrency = 64 } = settings;
  checkAsking(settings, concurrency);
  checkOption(tokens === 'opaque' || tokens === 'any', 'tokens', "be 'opaque' or 'any'");
  const timeout = toSeconds(settings.timeout ?? '3s', 'timeout');
  checkOption(timeout > 0 && timeout <= 30, 'timeout', 'be at most 30s');
  return Object.freeze({
    from: 'introspection',
    endpoint,
    networks: networks && Object.freeze([...networks]),
    client,
    readsJwts: tokens === 'any',
    maxAge: ageOf(settings.maxAge ?? '30s'),
    timeout,
    concurrency,
  });
}

function checkAsking(
  { endpoint, networks, client }: IntrospectionServerOptions,
  concurrency: number,
): void {
  checkOption(
    endpoint === undefined || isKeyUrl(endpoint),
    'endpoint',
    'be an https URL, or http on a loopback host',
  );
  if (networks !== undefined) addressRule(networks);
  checkAuthentication(client);
  checkOption(
    Number.isSafeInteger(concurrency) && concurrency >= 1 && concurrency <= 1024,
    'concurrency',
    'be a whole number from 1 to 1024',
  );
}

function ageOf(maxAge: Duration | 'off'): number {
  if (maxAge === 'off') return 0;
  const seconds = toSeconds(maxAge, 'maxAge');
  checkOption(seconds > 0 && seconds <= 300, 'maxAge', "be at most 5m, or 'off'");
  return seconds;
}
