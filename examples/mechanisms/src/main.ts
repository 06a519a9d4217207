import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { measureConnections } from './measure-connections.js';
import { measure } from './measure.js';
import { everyMechanism } from './mechanisms/every-mechanism.js';
import { startOtherProcess } from './other-process.js';
import { costTable, judgementTable, machine } from './report.js';

const help = `Compares the mechanisms, and prints two tables.

  --rounds <number>   the median of so many counts (5)
  --calls <number>    in each round, of each mechanism (500)
  --write             also into docs/guides/mechanisms.md
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '500' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(help);
else await compare();

async function compare(): Promise<void> {
  const effort = { rounds: count('rounds'), calls: count('calls') };
  const other = await startOtherProcess();
  try {
    const mechanisms = await everyMechanism(other);
    const costs = await measure(mechanisms, effort, tell);
    const connections = await measureConnections(other, effort, tell);
    tell('');
    const text = `${machine()}:\n\n${costTable(costs, connections)}\n\n${judgementTable(mechanisms)}`;
    console.log(text);
    if (values.write) write(text);
  } finally {
    await other.stop();
  }
}

function count(name: 'rounds' | 'calls'): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 1 && number <= 100_000) return number;
  throw new TypeError(`--${name} must be a whole number from 1 to 100000`);
}

/** How far it is, where somebody looks. */
function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${progress}`);
}

function write(text: string): void {
  const path = join(import.meta.dirname, '../../../docs/guides/mechanisms.md');
  const [before, , after] = readFileSync(path, 'utf8').split(/<!-- (?:measured|end) -->/);
  writeFileSync(path, `${before}<!-- measured -->\n\n${text}\n\n<!-- end -->${after}`);
}
