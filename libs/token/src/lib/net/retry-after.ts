const longest = 86_400;

/**
 * The whole seconds that a `Retry-After` field asks to wait (RFC 9110 section 10.2.3), a date seen
 * from `now` (seconds since the epoch); undefined where it says nothing one can follow. At most a day.
 * @publicApi
 */
export function retryAfterSeconds(
  field: string | null | undefined,
  now: number,
): number | undefined {
  if (typeof field !== 'string' || field.length > 64) return undefined;
  if (/^\d{1,9}$/.test(field)) return Math.min(Number(field), longest);
  // The one form of date that must be sent; Date.parse alone would take almost anything for a date.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(field))
    return undefined;
  const at = Date.parse(field) / 1000;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(Math.ceil(at - now), 0), longest);
}
