/** The `code` of a system error (`ENOENT`, `EADDRINUSE`), whatever realm it comes from. @internal */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
