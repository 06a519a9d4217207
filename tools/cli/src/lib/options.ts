/** How values on the command line are read; each refuses with what it wants instead. */
import { InvalidArgumentError } from 'commander';

/** Collects a repeatable option; blanks and commas part several values of one. */
export function values(value: string, former: readonly string[] = []): readonly string[] {
  const given = value.split(/[\s,]+/).filter((text) => text !== '');
  if (given.length === 0) throw new InvalidArgumentError('Give at least one value.');
  return [...new Set([...former, ...given])];
}

/** Collects a repeatable option whose values are taken whole. */
export function wholeValues(value: string, former: readonly string[] = []): readonly string[] {
  return [...new Set([...former, value])];
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** A span such as `90s`, `15m`, `12h`, `30d` or `2w`, in seconds. */
export function span(value: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
  const seconds = Number(count) * (unitSeconds[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('Give a span such as 90s, 15m, 12h, 30d or 2w.');
}

/** When something ends: a time (RFC 3339), or a span from now. */
export function expiry(value: string): string {
  return instant(value, 1);
}

/** When something began: a time (RFC 3339), or a span back from now. */
export function since(value: string): string {
  return instant(value, -1);
}

function instant(value: string, direction: 1 | -1): string {
  if (/^\d{1,6}[smhdw]$/.test(value)) {
    return new Date(Date.now() + direction * span(value) * 1000).toISOString();
  }
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value);
  if (isTime && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString();
  throw new InvalidArgumentError(
    'Give a time such as 2027-01-31T12:00:00Z, or a span such as 30d.',
  );
}
