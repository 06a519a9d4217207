import { arch, type } from 'node:os';

import type { Cost } from './measure.js';
import type { ConnectionCost } from './measure-connections.js';
import type { Judgement, Mechanism } from './mechanism.js';

/** What was measured, as a table of Markdown. */
export function costTable(
  costs: ReadonlyMap<Mechanism, Cost>,
  connections: readonly ConnectionCost[],
): string {
  const rows = [...costs].map(([{ name }, { caller, first, again, issuer, bytes }]) =>
    row([name, micros(caller), micros(first), micros(again), micros(issuer), String(bytes)]),
  );
  const opened = connections.map(({ name, caller, receiver }) =>
    row([name, micros(caller), micros(receiver), '', '', '']),
  );
  const columns = ['Mechanism', 'Caller', 'Receiver, first', 'Receiver, again', 'Issuer', 'Bytes'];
  return table(columns, [...rows, ...opened], ['---', ...columns.slice(1).map(() => '---:')]);
}

/** What follows from each mechanism, as a table of Markdown. */
export function judgementTable(mechanisms: readonly (Judgement & { name: string })[]): string {
  const columns = [
    'Mechanism',
    'Who can forge',
    'Stolen, it opens',
    'What ends it',
    'Choose it for',
  ];
  const rows = mechanisms.map(({ name, forger, stolen, ended, choose }) =>
    row([name, forger, stolen, ended, choose]),
  );
  return table(
    columns,
    rows,
    columns.map(() => '---'),
  );
}

/** Of the machine, no more than figures need to be read. */
export function machine(): string {
  return `Node.js ${process.versions.node.split('.')[0]}, ${type()} on ${arch()}`;
}

function table(
  columns: readonly string[],
  rows: readonly string[],
  rule: readonly string[],
): string {
  return [row(columns), row(rule), ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Two digits are as much as a median of a shared machine is worth. */
function micros(value: number | undefined): string {
  if (value === undefined) return '';
  return value < 1 ? '<1' : String(Number(value.toPrecision(2)));
}
