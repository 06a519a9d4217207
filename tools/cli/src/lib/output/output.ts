import { styleText } from 'node:util';

import type { Json } from '@countersign/token';

import type { Terminal } from '../terminal.js';
import { formatTable, type Column } from './format-table.js';
import { visible, visibleJson } from './visible.js';

/** How a line looks at a terminal. */
export type Style = 'good' | 'bad' | 'strong';

const looks = { good: 'green', bad: 'red', strong: 'bold' } as const;

/**
 * Where results and remarks go: what a program may want to read goes to standard output, what is
 * said to a person to standard error.
 */
export class Output {
  constructor(
    private readonly terminal: Pick<Terminal, 'env' | 'stdout' | 'stderr'>,
    readonly isJson: boolean,
  ) {}

  /** A list: a table, or a JSON array. */
  rows<Row extends Json>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    none: string,
  ): void {
    if (this.isJson) this.json(rows);
    else if (rows.length === 0) this.remark(none);
    else this.terminal.stdout.write(formatTable(rows, columns));
  }

  /** One thing: `name  value` lines, or a JSON object. */
  record(
    value: Json,
    fields: readonly (readonly [name: string, value: string | undefined])[],
  ): void {
    if (this.isJson) {
      this.json(value);
      return;
    }
    const width = Math.max(...fields.map(([name]) => name.length));
    for (const [name, text] of fields) {
      const [first = '', ...more] = (text ?? '-').split('\n').map(visible);
      this.terminal.stdout.write(`${name.padEnd(width)}  ${first}\n`);
      for (const line of more) this.terminal.stdout.write(`${' '.repeat(width)}  ${line}\n`);
    }
  }

  /** Indented JSON on standard output. */
  json(value: Json): void {
    this.terminal.stdout.write(`${visibleJson(value, 2)}\n`);
  }

  /** One line of JSON: for streams. */
  jsonLine(value: Json): void {
    this.terminal.stdout.write(`${visibleJson(value)}\n`);
  }

  /**
   * Exactly this text and a line end on standard output: a secret, a token, a line of a table; in
   * colour only at a terminal, and without NO_COLOR.
   */
  line(text: string, style?: Style | undefined): void {
    const { stdout, env } = this.terminal;
    const isPlain = style === undefined || stdout.isTTY !== true || env['NO_COLOR'];
    const line = visible(text);
    stdout.write(`${isPlain ? line : styleText(looks[style], line, { validateStream: false })}\n`);
  }

  /** What was done, for a person; programs read the exit code, or the JSON. */
  done(text: string, value: Json): void {
    if (this.isJson) this.json(value);
    else this.remark(text);
  }

  /** A line on standard error. */
  remark(text: string): void {
    this.terminal.stderr.write(`${visible(text)}\n`);
  }
}
