/**
 * Writes a message as Nest frames it over TCP: the length of its JSON in UTF-16 code units, `#`, the
 * JSON.
 * @publicApi
 */
export function messageFrame(message: unknown): Buffer {
  const text = JSON.stringify(message);
  return Buffer.from(`${text.length}#${text}`);
}
