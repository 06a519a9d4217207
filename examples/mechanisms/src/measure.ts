import type { Call, Mechanism } from './mechanism.js';

/** Microseconds of CPU, each for one call, and the bytes that it adds to one. */
export interface Cost {
  /** Of whoever issues, for one token; undefined where nobody does, or elsewhere. */
  readonly issuer: number | undefined;
  readonly caller: number;
  /** With a token that the receiver never saw. */
  readonly first: number;
  /** With one that it did, where callers use them again. */
  readonly again: number | undefined;
  readonly bytes: number;
}

/** How often everything is done. */
export interface Effort {
  readonly rounds: number;
  readonly calls: number;
}

/**
 * Measures mechanisms in turns, so that a busy moment of the machine does not become the property of
 * one of them; the median of all rounds counts. Tells before each turn how far it is.
 */
export async function measure(
  mechanisms: readonly Mechanism[],
  { rounds, calls }: Effort,
  tell: (progress: string) => void,
): Promise<ReadonlyMap<Mechanism, Cost>> {
  const costs = new Map<Mechanism, Cost[]>(mechanisms.map((mechanism) => [mechanism, []]));
  // Round 0 is for the compiler.
  for (let round = 0; round <= rounds; round += 1)
    for (const mechanism of mechanisms) {
      tell(`round ${round} of ${rounds}: ${mechanism.name}`);
      const cost = await measureOnce(mechanism, calls);
      if (round > 0) costs.get(mechanism)?.push(cost);
    }
  return new Map([...costs].map(([mechanism, all]) => [mechanism, medianCost(all)]));
}

async function measureOnce(mechanism: Mechanism, calls: number): Promise<Cost> {
  const { issuer } = mechanism;
  const issued = await timed(calls, () => mechanism.caller());
  const [caller] = issued.results;
  if (!caller) throw new TypeError('measure at least one call');
  const made = await timed(calls, (index) => (issued.results[index] ?? caller).call());
  const first = await timed(calls, (index) => mechanism.receive(made.results[index] as Call));
  // A new call each time, with the token that is known by now.
  const more = issuer === 'none' ? undefined : await timed(calls, () => caller.call());
  const again =
    more && (await timed(calls, (index) => mechanism.receive(more.results[index] as Call)));
  return {
    issuer: issuer === 'here' ? issued.micros : undefined,
    caller: made.micros,
    first: first.micros,
    again: again?.micros,
    bytes: bytesOf(made.results[0] as Call),
  };
}

/** Runs work so many times, one after the other: results, and microseconds of CPU for one. */
export async function timed<T>(
  times: number,
  work: (index: number) => T | Promise<T>,
): Promise<{ readonly results: readonly T[]; readonly micros: number }> {
  const results: T[] = [];
  const start = process.cpuUsage();
  for (let index = 0; index < times; index += 1) results.push(await work(index));
  const { user, system } = process.cpuUsage(start);
  return { results, micros: (user + system) / times };
}

/** Field lines as HTTP/1.1 sends them. */
function bytesOf({ headers }: Call): number {
  return Object.entries(headers)
    .flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`.length))
    .reduce((sum, length) => sum + length, 0);
}

function medianCost(costs: readonly Cost[]): Cost {
  const of = (read: (cost: Cost) => number): number => median(costs.map(read));
  const [one] = costs as [Cost];
  return {
    issuer: one.issuer === undefined ? undefined : of(({ issuer }) => issuer ?? 0),
    caller: of(({ caller }) => caller),
    first: of(({ first }) => first),
    again: one.again === undefined ? undefined : of(({ again }) => again ?? 0),
    bytes: one.bytes,
  };
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
