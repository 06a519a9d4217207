import { createTestIssuer } from '@countersign/testing';

import { median } from '../median.js';
import { rawVerifyMicros } from '../raw-verify.js';
import { ServerProcess } from '../server-process.js';
import { AUDIENCE, ROTATING, guardSeries, type GuardSeries } from './guard-series.js';
import { wholeGuard } from './whole-guard.js';

/** What to measure, and for how long. */
export interface GuardBenchOptions {
  /** How often every server is started anew: processes of the same program differ by a fifth. */
  readonly sittings: number;
  readonly rounds: number;
  readonly requests: number;
  /** Bad tokens sent between two looks at the memory; 0 leaves that out. */
  readonly flood: number;
  readonly only: RegExp;
  /** Series whose CPU profile is wanted. */
  readonly profile: string;
  readonly progress: (text: string) => void;
}

/** CPU microseconds per request. */
export interface GuardMeasured {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly micros: number;
  readonly lowest: number;
  readonly highest: number;
}

/** All that was measured. */
export interface GuardResults {
  readonly node: string;
  readonly sittings: number;
  readonly rounds: number;
  readonly requests: number;
  readonly measured: readonly GuardMeasured[];
  readonly memory:
    { readonly before: number; readonly after: number; readonly sent: number } | undefined;
  readonly profile: string | undefined;
}

/** Requests that wake a server before it is measured. */
const WAKING = 1_000;

interface Line {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly measure: (count: number) => Promise<number>;
}

/** What one sitting measured: of each line the rounds, and what only the last one looks at. */
interface Sitting extends Pick<GuardResults, 'memory' | 'profile'> {
  readonly lines: readonly (Omit<Line, 'measure'> & { readonly micros: readonly number[] })[];
}

/** Measures every guard in turn, round by round, each server in a process of its own. */
export async function guardBench(options: GuardBenchOptions): Promise<GuardResults> {
  const { sittings, rounds, requests, progress } = options;
  const sat: Sitting[] = [];
  for (let n = 1; n <= sittings; n++) {
    progress(`sitting ${n} of ${sittings}`);
    sat.push(await sit(n === sittings ? options : { ...options, flood: 0, profile: '' }));
  }
  const last = sat.at(-1) as Sitting;
  return {
    node: process.version,
    ...{ sittings, rounds, requests, memory: last.memory, profile: last.profile },
    measured: last.lines.map(({ name, label, group }, at): GuardMeasured => {
      const values = sat.flatMap(({ lines }) => lines[at]?.micros ?? []);
      const [lowest, highest] = [Math.min(...values), Math.max(...values)];
      return { name, label, group, micros: median(values), lowest, highest };
    }),
  };
}

async function sit(options: GuardBenchOptions): Promise<Sitting> {
  const { rounds, requests, only, progress } = options;
  const issuer = createTestIssuer();
  const served = await issuer.serve();
  const env = { BENCH_ISSUER: issuer.issuer, BENCH_JWKS: served.jwksUri, BENCH_AUDIENCE: AUDIENCE };
  const series = guardSeries(issuer, (requests + WAKING) * (rounds + 2)).filter(({ name }) =>
    only.test(name),
  );
  const servers = new Map<string, ServerProcess>();
  const guards = await wholeGuards(only);
  try {
    for (const one of series) await startFor(one, servers, env, progress);
    const at = (one: GuardSeries) => servers.get(serverOf(one)) as ServerProcess;
    const lines = [
      ...series.map((one): Line => ({
        ...one,
        group: one.adapter === 'fastify' ? 'Nest on Fastify' : 'Nest on Express',
        measure: (count) => at(one).measure(count, one.requests),
      })),
      ...guards.lines,
    ];
    const measured = await inTurn(lines, options);
    const flood = series.find(({ name }) => name === 'flood');
    const profiled = series.find(({ name }) => name === options.profile);
    return {
      lines: measured,
      memory: flood && options.flood > 0 ? await memoryUnder(at(flood), flood, options) : undefined,
      profile:
        profiled &&
        (await at(profiled).profile(() => at(profiled).measure(20_000, profiled.requests))),
    };
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await Promise.all([served.close(), guards.close()]);
  }
}

async function startFor(
  one: GuardSeries,
  servers: Map<string, ServerProcess>,
  env: NodeJS.ProcessEnv,
  progress: GuardBenchOptions['progress'],
): Promise<void> {
  const key = serverOf(one);
  if (servers.has(key)) return;
  progress(`starting ${key}`);
  const how = { ...env, ...one.env, BENCH_ADAPTER: one.adapter };
  servers.set(key, await ServerProcess.start(one.program, how));
}

/** Series that ask the same server differently share it; the flood has one to itself. */
function serverOf({ adapter, program, env, name }: GuardSeries): string {
  const isAlone = name === 'flood' || name === 'first' ? name : '';
  return [adapter, program, ...Object.values(env ?? {}), isAlone].join(' ').trim();
}

async function inTurn(
  lines: readonly Line[],
  { rounds, requests, progress }: GuardBenchOptions,
): Promise<Sitting['lines']> {
  const micros = new Map<string, number[]>(lines.map(({ name }) => [name, []]));
  // The first rounds, in which V8 compiles, are not counted.
  for (let round = -2; round < rounds; round++) {
    for (const { name, measure } of lines) {
      // Whoever waited for its turn is cold, and knows tokens for a minute only.
      await measure(name.endsWith('rotating') ? ROTATING : WAKING);
      const perRequest = await measure(requests);
      if (round >= 0) micros.get(name)?.push(perRequest);
    }
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
  }
  return lines.map((line) => ({ ...line, micros: micros.get(line.name) ?? [] }));
}

async function wholeGuards(only: RegExp): Promise<{ lines: Line[]; close: () => Promise<void> }> {
  const group = 'The guard alone, without HTTP';
  const lines: Line[] = [];
  const closing: (() => Promise<void>)[] = [];
  for (const algorithm of ['ES256', 'RS256'] as const) {
    const raw = { name: `raw-${algorithm}`, label: `one bare ${algorithm} verification`, group };
    lines.push({ ...raw, measure: (count) => Promise.resolve(rawVerifyMicros(count, algorithm)) });
    const guard = await wholeGuard(algorithm, 'off');
    closing.push(guard.close);
    const label = `first sight, ${algorithm}, cache off`;
    lines.push({ name: `guard-${algorithm}`, label, group, measure: guard.measure });
  }
  const known = await wholeGuard('ES256', undefined);
  closing.push(known.close);
  lines.push({ name: 'guard-known', label: 'a known token', group, measure: known.measure });
  const close = async (): Promise<void> => {
    for (const end of closing) await end();
  };
  return { lines: lines.filter(({ name }) => only.test(name)), close };
}

async function memoryUnder(
  server: ServerProcess,
  { requests }: GuardSeries,
  { flood, progress }: GuardBenchOptions,
): Promise<GuardResults['memory']> {
  await server.measure(flood, requests);
  const before = await server.rss();
  progress(`${flood} bad tokens more`);
  await server.measure(flood, requests);
  return { before, after: await server.rss(), sent: flood };
}
