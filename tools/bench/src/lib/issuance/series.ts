import { awaitAlgorithm } from './await-algorithm.js';
import { median } from '../median.js';
import type { ServerProcess } from '../server-process.js';
import type { TokenRequests } from './token-requests.js';

/** One line of the table: a server, and what it is asked. */
export interface Series {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly server: ServerProcess;
  readonly algorithm: 'ES256' | 'RS256';
  /** Makes the requests of one round; outside of what is measured. */
  readonly prepare: (count: number) => TokenRequests | Promise<TokenRequests>;
}

/** What was measured of one series. */
export interface Measured {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  /** CPU microseconds per token, median of the rounds. */
  readonly micros: number;
  readonly lowest: number;
  readonly highest: number;
  readonly tokensPerCpuSecond: number;
}

/** How long to measure. */
export interface Rounds {
  readonly rounds: number;
  readonly tokens: number;
  readonly progress: (text: string) => void;
}

/**
 * Measures all series in turn, round by round, so that whatever else the machine does hits all of
 * them alike. The first rounds, in which V8 compiles, are not counted.
 */
export async function measureSeries(
  series: readonly Series[],
  { rounds, tokens, progress }: Rounds,
): Promise<Measured[]> {
  for (const { server, prepare, algorithm } of series) {
    const request = (await prepare(1))(0);
    // An assertion is good for one request; what its server signs with is seen in the others.
    if (!request.body?.includes('client_assertion')) {
      await awaitAlgorithm(server, request, algorithm);
    }
  }
  const micros = new Map<string, number[]>(series.map(({ name }) => [name, []]));
  for (let round = -3; round < rounds; round++) {
    for (const { name, server, prepare } of series) {
      const perToken = await server.measure(tokens, await prepare(tokens));
      if (round >= 0) micros.get(name)?.push(perToken);
    }
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
  }
  return series.map(({ name, label, group }) => {
    const values = micros.get(name) ?? [];
    const middle = median(values);
    return {
      ...{ name, label, group },
      micros: middle,
      lowest: Math.min(...values),
      highest: Math.max(...values),
      tokensPerCpuSecond: 1_000_000 / middle,
    };
  });
}
