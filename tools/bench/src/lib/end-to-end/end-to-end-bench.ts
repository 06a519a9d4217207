import { startPostgres } from '@countersign/test-postgres';

import type { ServerProcess } from '../server-process.js';
import { authShareOf, type AuthShare } from './auth-share.js';
import { postAll, type LoadResult } from './load.js';
import { startServices, type Services } from './start-services.js';

/** How to run the benchmark. */
export interface EndToEndOptions {
  /** Notifications in each of the two passes, after as many to warm up. */
  readonly notifications: number;
  /** Requests under way at once. */
  readonly clients: number;
  readonly progress: (text: string) => void;
}

/** What a service spends on a notification. */
export interface Hop {
  readonly service: 'Herald' | 'Census';
  /** CPU microseconds per notification, everything the process does included. */
  readonly micros: number;
  readonly share: AuthShare;
}

/** One engine. */
export interface EndToEndResult {
  readonly engine: 'PGlite' | 'PostgreSQL';
  readonly load: LoadResult;
  readonly hops: readonly Hop[];
}

/** Everything that was found. */
export interface EndToEndResults extends Pick<EndToEndOptions, 'notifications' | 'clients'> {
  readonly node: string;
  readonly results: readonly EndToEndResult[];
}

/** Posts notifications to the built services, on each engine. */
export async function endToEndBench(options: EndToEndOptions): Promise<EndToEndResults> {
  const { notifications, clients, progress } = options;
  progress('PGlite: starting');
  const onPglite = await measured('PGlite', await startServices(), options);
  progress('PostgreSQL: starting');
  const postgres = await startPostgres({ own: true });
  try {
    const databases = {
      herald: await postgres.url('herald'),
      census: await postgres.url('census'),
    };
    const onPostgres = await measured('PostgreSQL', await startServices(databases), options);
    return { node: process.version, notifications, clients, results: [onPglite, onPostgres] };
  } finally {
    await postgres.stop();
  }
}

async function measured(
  engine: EndToEndResult['engine'],
  services: Services,
  { notifications, clients, progress }: EndToEndOptions,
): Promise<EndToEndResult> {
  const { herald, census, tokens, body } = services;
  const post = (): Promise<LoadResult> =>
    postAll(herald.origin, notifications, clients, (n) => ({
      token: tokens[n % tokens.length] ?? '',
      body: body(n),
    }));
  try {
    progress(`${engine}: warming up`);
    await post();
    progress(`${engine}: ${notifications} notifications, ${clients} at a time`);
    const before = [await herald.cpu(), await census.cpu()];
    const load = await post();
    const after = [await herald.cpu(), await census.cpu()];
    const micros = after.map((cpu, at) => (cpu - (before[at] ?? 0)) / notifications);
    progress(`${engine}: the same with a CPU profile`);
    const [heraldShare, censusShare] = await shares([herald, census], post);
    const hops = [
      { service: 'Herald', micros: micros[0] ?? 0, share: heraldShare },
      { service: 'Census', micros: micros[1] ?? 0, share: censusShare },
    ] as const;
    return { engine, load, hops };
  } finally {
    await services.stop();
  }
}

/** Apart from the pass that is timed: to profile costs time itself. */
async function shares(
  [one, other]: readonly [ServerProcess, ServerProcess],
  work: () => Promise<unknown>,
): Promise<readonly [AuthShare, AuthShare]> {
  let ofOther = '';
  const ofOne = await one.profile(async () => {
    ofOther = await other.profile(work);
  });
  return [authShareOf(ofOne), authShareOf(ofOther)];
}
