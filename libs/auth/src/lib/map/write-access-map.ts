import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { AccessMapDocument } from '@countersign/token';

/**
 * Writes an access map as JSON: into a file, whole or not at all, or without one to standard output.
 * The same application gives the same text.
 *
 * @example
 * await writeAccessMap(await accessMapOf(app), process.argv[2]);
 * @publicApi
 */
export async function writeAccessMap(map: AccessMapDocument, file?: string): Promise<void> {
  const text = `${JSON.stringify(map, undefined, 2)}\n`;
  if (file === undefined) {
    await new Promise<void>((resolve, reject) =>
      process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
    );
    return;
  }
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, text);
  await rename(draft, file);
}
