import { startPostgres } from '@countersign/test-postgres';

import { startContenders, type Contenders } from './contenders.js';
import { measureSeries, type Measured } from './series.js';
import { summariseProfile, type ProfileSummary } from './summarise-profile.js';
import { withSecrets } from './token-requests.js';

/** How to run the benchmark. */
export interface IssuanceOptions {
  readonly rounds: number;
  readonly tokens: number;
  readonly soakSeconds: number;
  /** Names of the series to measure. */
  readonly only: RegExp;
  readonly program: string | undefined;
  readonly progress: (text: string) => void;
}

/** What it found. */
export interface IssuanceResults {
  readonly node: string;
  readonly rounds: number;
  readonly tokens: number;
  readonly measured: readonly Measured[];
  /** Of ours on PostgreSQL, after the load. */
  readonly memory: { readonly seconds: number; readonly tokens: number; readonly bytes: number };
  /** Of ours on PostgreSQL, issuing by client_credentials with a secret. */
  readonly profile: ProfileSummary;
}

const PROFILED = 10_000;

/** Runs everything, interleaved, with a PostgreSQL of its own. */
export async function issuanceBench(options: IssuanceOptions): Promise<IssuanceResults> {
  const { rounds, tokens, progress } = options;
  progress('starting PostgreSQL and the servers');
  const postgres = await startPostgres({ own: true });
  try {
    const contenders = await startContenders(postgres, options.program);
    try {
      const series = contenders.series.filter(({ name }) => options.only.test(name));
      const measured = await measureSeries(series, { rounds, tokens, progress });
      progress(`${options.soakSeconds} s of load, for the memory`);
      const memory = await soak(contenders.main, options.soakSeconds);
      progress('a CPU profile');
      const profile = await profileOf(contenders.main);
      return { node: process.version, rounds, tokens, measured, memory, profile };
    } finally {
      await contenders.stop();
    }
  } finally {
    await postgres.stop();
  }
}

async function soak(
  { server, fixtures }: Contenders['main'],
  seconds: number,
): Promise<IssuanceResults['memory']> {
  const requests = withSecrets('/oauth2/token', fixtures);
  const end = performance.now() + seconds * 1000;
  let tokens = 0;
  while (performance.now() < end) {
    await server.measure(1_000, requests);
    tokens += 1_000;
  }
  return { seconds, tokens, bytes: await server.rss() };
}

async function profileOf({ server, fixtures }: Contenders['main']): Promise<ProfileSummary> {
  const requests = withSecrets('/oauth2/token', fixtures);
  return summariseProfile(await server.profile(() => server.measure(PROFILED, requests)));
}
