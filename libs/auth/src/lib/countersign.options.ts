import type {
  Clock,
  Duration,
  TrustEntry,
  TrustRegistry,
  TrustRegistryDeps,
} from '@countersign/token';
import { createTrustRegistry, systemClock, toSeconds } from '@countersign/token';

/** What a service tells the library. @publicApi */
export interface CountersignOptions {
  /** Names used in `@Audience()` -> URIs found in tokens. */
  readonly audiences: Readonly<Record<string, string>>;
  /** Whom this service believes, and how far. May be empty: then every protected route refuses. */
  readonly trust: readonly TrustEntry[];
  /** How far clocks may differ: `10s` by default, at most `60s`. */
  readonly clockTolerance?: Duration;
  /** Longest token read, in bytes: 8192 by default, at most 65536. */
  readonly maxTokenBytes?: number;
  /** How long keys are kept and how often they are asked for. */
  readonly keys?: NonNullable<TrustRegistryDeps['keys']>;
  /** For tests: another clock. */
  readonly clock?: Clock;
  /** For tests and proxies: another `fetch` for key sets and metadata. */
  readonly fetch?: typeof fetch;
}

/** The options, validated once and frozen. @internal */
export interface ResolvedOptions {
  readonly audiences: Readonly<Record<string, string>>;
  readonly trust: TrustRegistry;
  readonly clock: Clock;
  readonly clockTolerance: number;
  readonly maxTokenBytes: number;
}

const MAX_CLOCK_TOLERANCE_SECONDS = 60;
const MAX_TOKEN_BYTES = 65_536;

/**
 * Validates the options.
 * @throws TypeError naming the option that is wrong.
 * @internal
 */
export function resolveOptions(options: CountersignOptions): ResolvedOptions {
  const { clock = systemClock, clockTolerance = '10s', maxTokenBytes = 8192 } = options;
  const tolerance = toSeconds(clockTolerance, 'clockTolerance');
  if (tolerance > MAX_CLOCK_TOLERANCE_SECONDS)
    throw new TypeError(
      `clockTolerance: at most ${MAX_CLOCK_TOLERANCE_SECONDS}s, got ${tolerance}s`,
    );
  if (
    !Number.isSafeInteger(maxTokenBytes) ||
    maxTokenBytes < 256 ||
    maxTokenBytes > MAX_TOKEN_BYTES
  )
    throw new TypeError(`maxTokenBytes: a whole number from 256 to ${MAX_TOKEN_BYTES}`);
  if (!Array.isArray(options.trust))
    throw new TypeError('trust: a list of trust entries is required (an empty list trusts nobody)');
  return Object.freeze({
    audiences: checkedAudiences(options.audiences),
    trust: createTrustRegistry(options.trust, {
      clock,
      ...(options.fetch && { fetch: options.fetch }),
      ...(options.keys && { keys: options.keys }),
    }),
    clock,
    clockTolerance: tolerance,
    maxTokenBytes,
  });
}

function checkedAudiences(audiences: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(audiences ?? {});
  if (entries.length === 0)
    throw new TypeError('audiences: at least one audience (name -> URI) is required');
  for (const [name, uri] of entries)
    if (typeof uri !== 'string' || !URL.canParse(uri))
      throw new TypeError(`audiences.${name}: an absolute URI is required`);
  return Object.freeze(Object.assign(Object.create(null) as Record<string, string>, audiences));
}
