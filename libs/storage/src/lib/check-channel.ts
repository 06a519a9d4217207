/**
 * Refuses (TypeError) a channel that is not written the same with and without quotes.
 * @internal
 */
export function checkChannel(channel: string): void {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(channel)) {
    throw new TypeError(`listen: "${channel}" is no channel name (a-z, 0-9, _)`);
  }
}
