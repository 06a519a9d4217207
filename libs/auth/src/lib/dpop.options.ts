import {
  checkOption,
  memoryReplay,
  refuseUnknownOptions,
  toSeconds,
  type Clock,
  type DpopNonces,
  type DpopPolicy,
  type Duration,
  type ReplayStore,
} from '@countersign/token';

/** How DPoP proofs (RFC 9449) are checked. @publicApi */
export interface DpopOptions {
  /** How long a proof may be used after it was made: 60 s by default, at most 5 min. */
  readonly maxAge?: Duration;
  /** Whose nonces proofs must hold, such as `dpopNonces({ secrets })`; none by default. */
  readonly nonces?: DpopNonces;
  /**
   * Where it is remembered which proofs were used. By default the `replay` store of the options, or
   * where that is none, the memory of this process: replicas then do not know of each other's.
   */
  readonly replay?: ReplayStore;
}

/** How proofs are checked, resolved. @internal */
export interface ResolvedDpop {
  readonly policy: DpopPolicy;
  readonly replay: ReplayStore;
}

/** Whether proofs are checked: then `DPoP` is offered, and looked at. @internal */
export const isDpopOn = (dpop: ResolvedDpop | 'off' | undefined): dpop is ResolvedDpop =>
  typeof dpop === 'object';

/** Proofs of 70 s at 7,000 a second; a store that is full refuses. */
const PROOFS = 500_000;
const MAX_AGE_SECONDS = 300;

interface Surroundings {
  readonly clock: Clock;
  readonly clockTolerance: number;
  readonly publicUrl: string | undefined;
  readonly replay: ReplayStore | 'off' | undefined;
}

/**
 * Validates the DPoP options; undefined without `publicUrl`, because no proof can be checked then.
 * @throws TypeError naming the option that is wrong: `publicUrl`, where proofs are asked for without.
 * @internal
 */
export function resolveDpop(
  options: DpopOptions | 'off' | undefined,
  { clock, clockTolerance, publicUrl, replay }: Surroundings,
): ResolvedDpop | 'off' | undefined {
  if (options === 'off') return 'off';
  if (options === undefined && publicUrl === undefined) return undefined;
  checkOption(publicUrl !== undefined, 'publicUrl', 'be set, because dpop compares htu with it');
  const { nonces, replay: own } = options ?? {};
  const maxAge = checkedMaxAge(options ?? {});
  const shared = replay === 'off' ? undefined : replay;
  return Object.freeze({
    policy: Object.freeze({ clock, clockTolerance, maxAge, nonces }),
    replay: own ?? shared ?? memoryReplay({ max: PROOFS, clock }),
  });
}

/** The age in seconds, of options that are right. */
function checkedMaxAge(options: DpopOptions): number {
  refuseUnknownOptions(options, { maxAge: true, nonces: true, replay: true });
  const { maxAge = '60s', nonces, replay } = options;
  const seconds = toSeconds(maxAge, 'dpop.maxAge');
  checkOption(
    seconds > 0 && seconds <= MAX_AGE_SECONDS,
    'dpop.maxAge',
    `be over 0 and at most ${MAX_AGE_SECONDS}s`,
  );
  checkOption(nonces === undefined || has(nonces, 'accepts'), 'dpop.nonces', 'be of dpopNonces()');
  checkOption(replay === undefined || has(replay, 'use'), 'dpop.replay', 'be a replay store');
  return seconds;
}

function has(port: unknown, method: string): boolean {
  return typeof (port as Readonly<Record<string, unknown>> | null)?.[method] === 'function';
}
