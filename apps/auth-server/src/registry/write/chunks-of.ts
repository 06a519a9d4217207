/** Rows per statement: PostgreSQL takes 65,535 parameters. */
const chunkSize = 1_000;

/** Items in portions that one statement can take. */
export function chunksOf<Item>(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let at = 0; at < items.length; at += chunkSize) chunks.push(items.slice(at, at + chunkSize));
  return chunks;
}
