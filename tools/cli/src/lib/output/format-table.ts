import { visible } from './visible.js';

/** One column: its heading, and what stands in it. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string | number | boolean | undefined;
}

const longestCell = 80;
const gap = '  ';

/** Rows below their headings, aligned, without colours; an empty cell is a `-`. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [
    columns.map(({ heading }) => heading.toUpperCase()),
    ...rows.map((row) => columns.map(({ cell }) => cellText(cell(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function cellText(value: string | number | boolean | undefined): string {
  const text = visible(value === undefined ? '' : String(value));
  if (text === '') return '-';
  return text.length > longestCell ? `${text.slice(0, longestCell - 1)}…` : text;
}
