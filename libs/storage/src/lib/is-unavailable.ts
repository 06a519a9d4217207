// SQLSTATE (PostgreSQL, appendix A): connections, resources, locks not given in time, a server that
// stops, starts or has crashed.
const SQLSTATES = /^(?:08...|53...|55P03|57P0[1-5])$/;
const SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
// The driver's own errors have no code.
const DRIVER =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;
const MAX_CAUSES = 5;

/**
 * Whether a query failed because the database could not be asked, or not in time: what the caller
 * wanted may be fine, and may have been done. Anything else is a mistake of the query or of ours.
 *
 * @example
 * if (isUnavailable(error)) throw new ServiceUnavailableException();
 * @publicApi
 */
export function isUnavailable(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    const { code } = current as { readonly code?: unknown };
    if (typeof code === 'string' && (SYSTEM.has(code) || SQLSTATES.test(code))) return true;
    if (code === undefined && DRIVER.test(current.message)) return true;
    current = current.cause;
  }
  return false;
}
