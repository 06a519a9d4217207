import { checkOption, refuseUnknownOptions } from '@countersign/token';

/** How fast keys change; whole or broken seconds, each with its default. @publicApi */
export interface KeyTimeOptions {
  /** How long a key signs: 30 days unless told. */
  readonly rotateEvery?: number | undefined;
  /** How long a key is published before it signs: what `maxAge`, `coolDown` and `lag` need. */
  readonly announce?: number | undefined;
  /** How long it is published after it signed: what `longestLife`, `tolerance` and `lag` need. */
  readonly retain?: number | undefined;
  /** `max-age` of the served key set: 300 unless told; whole seconds. */
  readonly maxAge?: number | undefined;
  /** How long receivers may keep from asking again: 30 unless told. */
  readonly coolDown?: number | undefined;
  /** How far a replica may be behind the database before it stops signing: 30 unless told. */
  readonly lag?: number | undefined;
  /** Life of the longest-lived token that is signed: 3600 unless told. */
  readonly longestLife?: number | undefined;
  /** Largest clock tolerance of receivers: 60 unless told. */
  readonly tolerance?: number | undefined;
}

/** Times that fit together, in seconds. @publicApi */
export type KeyTimes = Readonly<Record<keyof KeyTimeOptions, number>>;

/** Keys that one ring publishes at most. @internal */
export const maxRingKeys = 20;

/**
 * Rings of one service at most; five times twenty is what receivers of ours read (100 keys).
 * @internal
 */
export const maxRings = 5;

const known: Readonly<Record<keyof KeyTimeOptions, true>> = {
  rotateEvery: true,
  announce: true,
  retain: true,
  maxAge: true,
  coolDown: true,
  lag: true,
  longestLife: true,
  tolerance: true,
};

const defaults = { maxAge: 300, coolDown: 30, lag: 30, longestLife: 3600, tolerance: 60 } as const;

/** Timers of Node count milliseconds in 31 bits; nothing here needs longer than ten years anyway. */
const longest = 10 * 365 * 86_400;

/**
 * Fills in the times of a key ring and makes sure that they keep its promise: whatever replica signs
 * and whatever key set a receiver holds, the key is in it.
 *
 * Refuses with a TypeError that names the option: a number that is none, `announce` under `maxAge +
 * coolDown + lag`, `retain` under `longestLife + tolerance + lag`, `rotateEvery` under `announce`,
 * and times with which a ring could come to publish more than 20 keys.
 * @publicApi
 */
export function keyTimes(options: KeyTimeOptions = {}): KeyTimes {
  refuseUnknownOptions(options, known);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const own = { ...defaults, ...(Object.fromEntries(given) as Partial<KeyTimes>) };
  for (const [name, value] of Object.entries(own)) {
    const isTime = Number.isFinite(value) && value >= 0 && value <= longest;
    checkOption(isTime, `keys.${name}`, 'be a number of seconds, ten years at most');
  }
  checkOption(Number.isInteger(own.maxAge), 'keys.maxAge', 'be whole seconds');
  const announced = own.maxAge + own.coolDown + own.lag;
  const retained = own.longestLife + own.tolerance + own.lag;
  const { announce = announced, retain = retained } = own;
  const { rotateEvery = Math.max(30 * 86_400, announce) } = own;
  checkOption(
    announce > 0 && announce >= announced,
    'keys.announce',
    `be at least maxAge + coolDown + lag (${announced} s): receivers must know a key that signs`,
  );
  checkOption(
    retain >= retained,
    'keys.retain',
    `be at least longestLife + tolerance + lag (${retained} s): no token may outlive its key`,
  );
  const times = Object.freeze({ ...own, announce, retain, rotateEvery });
  checkRate(times);
  return times;
}

function checkRate({ rotateEvery, announce, retain }: KeyTimes): void {
  checkOption(
    rotateEvery >= announce,
    'keys.rotateEvery',
    `be at least announce (${announce} s): a key is announced while the one before it signs`,
  );
  // Rotations by command that come faster have to wait, see `waitBeforeRotation`.
  checkOption(
    retain <= rotateEvery * (maxRingKeys - 3),
    'keys.retain',
    `be at most ${maxRingKeys - 3} times rotateEvery: more keys would be published than receivers read`,
  );
}

/**
 * Milliseconds between two looks at what is due: a twentieth of the shortest time, 30 s at most.
 * @internal
 */
export function lookEvery({ rotateEvery, announce, retain }: KeyTimes): number {
  const shortest = Math.min(rotateEvery, announce, retain) * 1000;
  return Math.min(Math.max(shortest / 20, 50), 30_000);
}
