import { access } from 'node:fs/promises';

import type { JsonObject } from '@countersign/token';

import { CliError } from '../cli-error.js';
import type { Invocation } from '../command.js';
import { merge } from '../commands/edit.js';
import { writePrivateFile } from '../settings/config-file.js';

/** What --out does, for help texts. */
export const outHelp = 'write the secret into a new file only you can read, not to standard output';

/** Something that was made and is shown once. */
export interface Made {
  readonly made: JsonObject;
  readonly secret: string;
  /** For a person: what was done. */
  readonly remark: string;
}

/**
 * Makes a secret and hands it over, once: alone on standard output, or into a new 0600 file. That
 * file is looked for before the secret is made; if it cannot be written after all, the secret goes
 * to standard output rather than nowhere.
 */
export async function handOver(
  { output }: Invocation,
  out: string | undefined,
  make: () => Promise<Made>,
): Promise<void> {
  if (out !== undefined) await refuseExisting(out);
  const { made, secret, remark } = await make();
  if (out === undefined) {
    output.remark(`${remark} It is shown this once:`);
    if (output.isJson) output.json(made);
    else output.line(secret);
    return;
  }
  try {
    await writePrivateFile(out, `${secret}\n`, { exclusive: true });
  } catch (error) {
    output.line(secret);
    throw error;
  }
  output.done(`${remark} It is in ${out}.`, merge(made, { secret: undefined, file: out }));
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new CliError('usage', `${path} exists, and is not overwritten.`, {
    fix: 'Name a file that does not exist yet.',
  });
}
