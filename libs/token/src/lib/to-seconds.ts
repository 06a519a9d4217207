/**
 * A length of time in options: seconds as a number, or `'500ms'`, `'10s'`, `'5m'`, `'24h'`, `'7d'`.
 * @publicApi
 */
export type Duration = number | string;

const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a duration as seconds.
 *
 * Refuses with a TypeError that names `option`: negative or non-finite numbers, a string without
 * unit, any other type.
 * @publicApi
 */
export function toSeconds(duration: Duration, option = 'duration'): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) {
    return duration;
  }
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(String(duration)) ?? [];
  if (typeof duration !== 'string' || amount === undefined || unit === undefined) {
    throw new TypeError(`${option} must be seconds or a string like '10s', '5m', '24h'`);
  }
  return Number(amount) * (secondsPer[unit] as number);
}
