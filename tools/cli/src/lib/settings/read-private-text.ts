import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';

import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';

const longest = 64 * 1024;

/** Where a text came from, for messages: its name, and whether others may read it. */
export interface PrivateText {
  readonly text: string;
  /** Permission bits of the file; undefined for standard input. */
  readonly mode: number | undefined;
}

/**
 * Reads a text that must not be in the arguments: from a file, or from standard input for `-`.
 * Refuses (configuration) a file that cannot be read and more than 64 KiB; (usage) `-` at a
 * terminal, which would echo what is typed.
 */
export async function readPrivateText(
  source: string,
  what: string,
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<PrivateText> {
  if (source === '-') {
    if (stdin.isTTY === true) {
      throw new CliError('usage', `The ${what} would be echoed as it is typed.`, {
        fix: `Send it through a pipe (… < file), or name the file.`,
      });
    }
    return { text: await collect(stdin, what), mode: undefined };
  }
  try {
    const { mode } = await stat(source);
    return { text: await collect(createReadStream(source), what), mode: mode & 0o777 };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new CliError('configuration', `The ${what} ${source} cannot be read (${code}).`, {
      fix: 'Check the path and who may read it.',
      cause,
    });
  }
}

async function collect(stream: Readable, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > longest) throw new CliError('configuration', `The ${what} is too large.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a secret: one line. Refuses (configuration) an empty one and one with control characters. */
export async function readSecret(
  source: string,
  what: string,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<string> {
  const { text } = await readPrivateText(source, what, terminal);
  const secret = text.replace(/\r?\n$/, '');
  if (/^[\x21-\x7e]{1,4096}$/.test(secret)) return secret;
  throw new CliError('configuration', `The ${what} holds no secret: one line without blanks.`, {
    fix: 'Write the secret alone into it, exactly as it was shown.',
  });
}
