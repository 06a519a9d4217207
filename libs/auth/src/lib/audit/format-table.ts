/** Lays rows of equal shape out as a plain-text table with a heading. @internal */
export function formatTable<Row extends object>(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {}) as (keyof Row & string)[];
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  const format = (line: readonly string[]): string =>
    `  ${line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}`;
  const rule = format(widths.map((width) => '-'.repeat(width)));
  const [heading = [], ...body] = lines;
  return [format(heading), rule, ...body.map(format)].join('\n');
}
