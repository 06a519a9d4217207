import type { JsonWebKey } from 'node:crypto';

import type {
  Authenticator,
  Clock,
  DecryptionKeys,
  Duration,
  ReplayStore,
  TokenCacheOptions,
  TrustEntry,
  TrustRegistry,
  TrustRegistryDeps,
  TrustSource,
} from '@countersign/token';
import {
  checkOption,
  createAuthenticator,
  decryptionKeys,
  isCanonicalUri,
  refuseUnknownOptions,
  SkewWatch,
  systemClock,
  toSeconds,
} from '@countersign/token';

import { logSkew } from './audit/log-skew.js';
import { isDpopOn, resolveDpop, type DpopOptions, type ResolvedDpop } from './dpop.options.js';
import {
  resolveResources,
  type ResolvedResources,
  type ResourceMetadataOptions,
} from './resource/resource.options.js';
import { trustRegistryOf } from './trust/trust-registry-of.js';
import { resolveTelling } from './telling.options.js';
import {
  resolveUndeclared,
  type BaselineOptions,
  type ResolvedUndeclared,
} from './undeclared.options.js';

/** What a service tells the library. @publicApi */
export interface CountersignOptions {
  /** Names used in `@Audience()` -> URIs found in tokens. */
  readonly audiences: Readonly<Record<string, string>>;
  /**
   * Whom this service believes, and how far: entries, and sources that tell of entries while it runs.
   * May be empty: then every protected route refuses.
   */
  readonly trust: readonly (TrustEntry | TrustSource)[] | TrustSource;
  /** How far clocks may differ: `10s` by default, at most `60s`. */
  readonly clockTolerance?: Duration;
  /** Longest token read, in bytes: 8192 by default, at most 65536. */
  readonly maxTokenBytes?: number;
  /**
   * Private JWKs that tokens for this service may be encrypted to: several, while they rotate; or
   * `decryptionKeys()`, which take other keys while the service runs.
   */
  readonly decryption?: readonly JsonWebKey[] | DecryptionKeys;
  /**
   * How much is remembered of tokens that held, so that the next request with one costs no signature:
   * at most `max` tokens (10,000), about 1 KB each, for at most `maxAge` (60 s, at most 5 min). What
   * they may do is decided on every request. `off` verifies every token in full.
   */
  readonly tokenCache?: TokenCacheOptions | 'off';
  /**
   * Where it is remembered which tokens of `@SingleUse()` routes were used: `databaseReplay` where
   * replicas must agree, `memoryReplay` for a single process; `off` lets tokens be used again.
   * Required as soon as a route says `@SingleUse()`.
   */
  readonly replay?: ReplayStore | 'off';
  /**
   * What stands for the `/` of this service outside, which `@RequestBound()` compares `htu` with: a
   * path only where a proxy takes that path off, or the application does.
   */
  readonly publicUrl?: string;
  /**
   * How the senders of tokens that are bound to a key prove it (RFC 9449), on every route; needs
   * `publicUrl`. `off` refuses such tokens, as does an application without `publicUrl`.
   */
  readonly dpop?: DpopOptions | 'off';
  /**
   * Tells clients how to get tokens for this service (RFC 9728), to everybody, at
   * `/.well-known/oauth-protected-resource`, and in the challenges of refusals; needs `publicUrl`. Not
   * served unless given.
   */
  readonly resourceMetadata?: ResourceMetadataOptions | 'off';
  /** Most bytes of content that `@BodyBound()` and `@RequestBound()` hash: 1 MiB by default. */
  readonly body?: { readonly maxBytes?: number };
  /** How long keys are kept and how often they are asked for. */
  readonly keys?: NonNullable<TrustRegistryDeps['keys']>;
  /**
   * Which decisions get a log line: refusals (`refused`, the default), or `all`: grants at debug
   * level too.
   */
  readonly decisions?: 'refused' | 'all';
  /**
   * What becomes of handlers that declare no rule: `refuse`, the default, stops the boot. While an
   * application moves here, `report` lets those through that the `baseline` lists, open to everybody, and
   * reports them at the boot and for every call; not where NODE_ENV is `production`, for which
   * `report-in-production` is the word.
   */
  readonly undeclared?: 'refuse' | 'report' | 'report-in-production';
  /** The handlers that may be without a rule: goes with `undeclared: 'report'`. */
  readonly baseline?: BaselineOptions;
  /**
   * What a refused caller over HTTP is told: code and decision id (`by-id`, the default), or all that
   * was looked at (`in-response`), while developing: who is refused then learns whom this service
   * trusts and what its rules are. Refused where NODE_ENV is `production`; logged at boot.
   */
  readonly explain?: 'by-id' | 'in-response';
  /** For tests: another clock. */
  readonly clock?: Clock;
  /** For tests and proxies: another `fetch` for key sets and metadata. */
  readonly fetch?: typeof fetch;
}

/** The options, validated once and frozen. @internal */
export interface ResolvedOptions {
  readonly audiences: Readonly<Record<string, string>>;
  readonly trust: TrustRegistry;
  /** Tells who presents a token: the one verifier, and what it remembers. */
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly clockTolerance: number;
  /** How far issuers are ahead of our clock. */
  readonly skew: SkewWatch;
  readonly replay: ReplayStore | 'off' | undefined;
  readonly publicUrl: string | undefined;
  /** Undefined where the options leave it open, and there is no `publicUrl` to check proofs by. */
  readonly dpop: ResolvedDpop | 'off' | undefined;
  readonly resources: ResolvedResources | undefined;
  readonly maxBodyBytes: number;
  readonly decisions: 'refused' | 'all';
  readonly undeclared: ResolvedUndeclared;
  readonly explain: 'by-id' | 'in-response';
}

const MAX_CLOCK_TOLERANCE_SECONDS = 60;
const MAX_TOKEN_BYTES = 65_536;
const DEFAULT_BODY_BYTES = 1_048_576;
const MAX_BODY_BYTES = 67_108_864;

/** Every option; what is not here is a spelling mistake. */
const known: Readonly<Record<keyof CountersignOptions, true>> = {
  audiences: true,
  trust: true,
  clockTolerance: true,
  maxTokenBytes: true,
  decryption: true,
  tokenCache: true,
  replay: true,
  publicUrl: true,
  dpop: true,
  resourceMetadata: true,
  body: true,
  keys: true,
  decisions: true,
  undeclared: true,
  baseline: true,
  explain: true,
  clock: true,
  fetch: true,
};

/**
 * Validates the options.
 * @throws TypeError naming the option that is wrong.
 * @internal
 */
export function resolveOptions(options: CountersignOptions): ResolvedOptions {
  const { clock = systemClock, maxTokenBytes = 8192 } = options;
  refuseUnknownOptions(options, known);
  const clockTolerance = toSeconds(options.clockTolerance ?? '10s', 'clockTolerance');
  checkOption(
    clockTolerance <= MAX_CLOCK_TOLERANCE_SECONDS,
    'clockTolerance',
    `be at most ${MAX_CLOCK_TOLERANCE_SECONDS}s, got ${clockTolerance}s`,
  );
  checkOption(
    Number.isSafeInteger(maxTokenBytes) && maxTokenBytes >= 256 && maxTokenBytes <= MAX_TOKEN_BYTES,
    'maxTokenBytes',
    `be a whole number from 256 to ${MAX_TOKEN_BYTES}`,
  );
  const telling = resolveTelling(options);
  const audiences = checkedAudiences(options.audiences ?? {});
  const proof = proofOptions(options);
  const dpop = resolveDpop(options.dpop, { clock, clockTolerance, ...proof });
  const trust = trustRegistryOf(options, { clock, clockTolerance, dpop: isDpopOn(dpop) });
  if (dpop === undefined) refuseConstrained(trust);
  const decryption = decryptionOf(options.decryption);
  const skew = new SkewWatch({ clock, onSkew: logSkew });
  const policy = { trust, clock, clockTolerance, maxTokenBytes, decryption, skew };
  return Object.freeze({
    audiences,
    trust,
    authenticator: createAuthenticator(policy, options.tokenCache),
    clock,
    clockTolerance,
    skew,
    ...proof,
    dpop,
    resources: resolveResources(options.resourceMetadata, audiences, proof.publicUrl),
    ...telling,
    undeclared: resolveUndeclared(options),
  });
}

function decryptionOf(keys: CountersignOptions['decryption']): DecryptionKeys | undefined {
  if (keys === undefined) return undefined;
  return isDecryptionKeys(keys) ? keys : decryptionKeys(keys);
}

function isDecryptionKeys(keys: readonly JsonWebKey[] | DecryptionKeys): keys is DecryptionKeys {
  return typeof (keys as Partial<DecryptionKeys> | null)?.decrypt === 'function';
}

/** Without proofs its tokens could only be bound to certificates: that must be meant. */
function refuseConstrained({ issuers }: TrustRegistry): void {
  checkOption(
    !issuers.some(({ senderConstrained }) => senderConstrained),
    'publicUrl',
    "be set where trust is senderConstrained; or dpop: 'off' where certificates alone bind",
  );
}

/** What bound and single-use routes are held to; whether a route needs it, the boot audit knows. */
function proofOptions({
  replay,
  publicUrl,
  body = {},
}: CountersignOptions): Pick<ResolvedOptions, 'replay' | 'publicUrl' | 'maxBodyBytes'> {
  const { maxBytes: maxBodyBytes = DEFAULT_BODY_BYTES } = body;
  refuseUnknownOptions(body, { maxBytes: true });
  checkOption(
    replay === undefined ||
      replay === 'off' ||
      typeof (replay as Partial<ReplayStore> | null)?.use === 'function',
    'replay',
    "be a replay store, such as memoryReplay(), or 'off'",
  );
  checkOption(
    publicUrl === undefined || isCanonicalUri(publicUrl) || isCanonicalUri(`${publicUrl}/`),
    'publicUrl',
    'be a canonical http(s) URL without query',
  );
  checkOption(
    Number.isSafeInteger(maxBodyBytes) && maxBodyBytes >= 1 && maxBodyBytes <= MAX_BODY_BYTES,
    'body.maxBytes',
    `be a whole number from 1 to ${MAX_BODY_BYTES}`,
  );
  return { replay, publicUrl, maxBodyBytes };
}

function checkedAudiences(audiences: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(audiences);
  checkOption(entries.length > 0, 'audiences', 'name at least one audience (name -> URI)');
  for (const [name, uri] of entries)
    checkOption(
      typeof uri === 'string' && URL.canParse(uri),
      `audiences.${name}`,
      'be an absolute URI',
    );
  // Without a prototype: a rule that names `constructor` must not find an audience.
  return Object.freeze(Object.assign(Object.create(null) as Record<string, string>, audiences));
}
