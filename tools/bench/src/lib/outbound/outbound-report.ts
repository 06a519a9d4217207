import type { OutboundResults } from './outbound-bench.js';

/** A table of the results, and whether the goals are reached. */
export function outboundReport(results: OutboundResults): string {
  const { cached, cachedExchange, fresh, signature } = results;
  const ratio = fresh / signature;
  const rows: readonly (readonly [string, string])[] = [
    ['a cached token, attached', micros(cached)],
    ['a cached token of an exchange, attached', micros(cachedExchange)],
    ['a token signed anew (ES256), attached', micros(fresh)],
    ['the bare signature', micros(signature)],
  ];
  const goal = (text: string, measured: string, reached: boolean) =>
    `  ${text.padEnd(48)}${measured.padStart(12)}  ${reached ? 'reached' : 'MISSED'}`;
  return [
    `Node ${process.version}, CPU time per call, median of the rounds`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(48)}${value.padStart(12)}`),
    '',
    'Goals',
    goal(
      'a cached token: under 5 us',
      micros(Math.max(cached, cachedExchange)),
      Math.max(cached, cachedExchange) < 5,
    ),
    goal('a fresh one: under 1.5 times the signature', `${ratio.toFixed(2)} x`, ratio < 1.5),
  ].join('\n');
}

function micros(value: number): string {
  return `${value.toFixed(1)} us`;
}
