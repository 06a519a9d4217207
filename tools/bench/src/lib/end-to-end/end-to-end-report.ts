import type { EndToEndResult, EndToEndResults, Hop } from './end-to-end-bench.js';

const WIDTH = 44;

/** The results as a table for people. */
export function endToEndReport({ node, notifications, clients, results }: EndToEndResults): string {
  return [
    '',
    `Node ${node}, ${notifications} notifications, ${clients} at a time, mails delivered meanwhile`,
    ...results.flatMap(engineLines),
    '',
    'Shares are of the CPU time of the process, by a sampling profile of a pass of its own.',
  ].join('\n');
}

function engineLines({ engine, load, hops }: EndToEndResult): readonly string[] {
  const { perSecond, p50, p99 } = load;
  return [
    '',
    `${engine}: ${perSecond.toFixed(0)} accepted per second, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `${'  CPU time per notification'.padEnd(WIDTH)}${'us'.padStart(9)}${'share'.padStart(9)}`,
    ...hops.flatMap(hopLines),
  ];
}

function hopLines({ service, micros, share }: Hop): readonly string[] {
  const line = (text: string, part: number): string =>
    `    ${text}`.padEnd(WIDTH) +
    `${(micros * part).toFixed(1).padStart(9)}${`${(100 * part).toFixed(1)} %`.padStart(9)}`;
  return [
    `  ${service}`.padEnd(WIDTH) + `${micros.toFixed(1).padStart(9)}`,
    line(`guard: the caller's token`, share.guard),
    ...(service === 'Herald' ? [line('tokens for Census', share.outbound)] : []),
  ];
}
