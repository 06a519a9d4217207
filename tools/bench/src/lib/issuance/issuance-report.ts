import { goalsOf, isReached, type Goal } from './goals.js';
import type { IssuanceResults } from './issuance-bench.js';
import type { Measured } from './series.js';
import type { Share } from './summarise-profile.js';

const WIDTH = 52;

/** The results as a table for people. */
export function issuanceReport(results: IssuanceResults): string {
  const { measured, profile, node, rounds, tokens } = results;
  const groups = [...new Set(measured.map(({ group }) => group))];
  return [
    '',
    `Node ${node}, CPU time of the server process, median of ${rounds} interleaved rounds of ${tokens} tokens`,
    ...groups.flatMap((group) => tableOf(group, measured)),
    '',
    `${'Goals'.padEnd(WIDTH)}  ${'measured'.padStart(10)}  ${'goal'.padStart(10)}`,
    ...goalsOf(results).map(goalLine),
    '',
    'Where the time goes (Countersign on PostgreSQL, client_credentials, main thread)',
    ...profile.packages.map(shareLine),
    '',
    'The functions that take most',
    ...profile.functions.map(shareLine),
  ].join('\n');
}

function tableOf(group: string, measured: readonly Measured[]): string[] {
  const heading = `${'tokens/CPU s'.padStart(13)}  ${'us'.padStart(7)}  ${'spread'.padStart(13)}`;
  const rows = measured.filter((row) => row.group === group);
  return ['', `${group.padEnd(WIDTH)}${heading}`, ...rows.map(rowLine)];
}

function rowLine({ label, tokensPerCpuSecond, micros, lowest, highest }: Measured): string {
  const spread = `${lowest.toFixed(0)} to ${highest.toFixed(0)}`;
  return (
    `  ${label}`.padEnd(WIDTH) +
    `${tokensPerCpuSecond.toFixed(0).padStart(13)}  ${micros.toFixed(1).padStart(7)}  ${spread.padStart(13)}`
  );
}

function goalLine(goal: Goal): string {
  const { text, value, unit, least, most } = goal;
  const digits = unit === 'x' ? 2 : 0;
  const bound = least ?? most;
  const wanted = bound === undefined ? '' : `${least === undefined ? '<=' : '>='} ${bound} ${unit}`;
  const verdict = bound === undefined ? '' : isReached(goal) ? '  reached' : '  MISSED';
  const measured = `${value.toFixed(digits)} ${unit}`;
  return `  ${text}`.padEnd(WIDTH) + `  ${measured.padStart(10)}  ${wanted.padStart(10)}${verdict}`;
}

function shareLine({ name, share }: Share): string {
  return `${(100 * share).toFixed(1).padStart(6)} %  ${name}`;
}
