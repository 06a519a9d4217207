import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { checkOption, refuseUnknownOptions } from '../../check-option.js';
import { parseStrictObject } from '../../strict-json.js';
import { toSeconds } from '../../to-seconds.js';
import type { Duration } from '../../to-seconds.js';
import type { Json } from '../../types.js';
import type { TrustEntry } from '../trust-entry.js';
import type { TrustSource } from '../trust-source.js';
import { entryOfDocument } from './entry-of-document.js';
import type { SecretReader } from './entry-of-document.js';

/** How a trust file is followed. @publicApi */
export interface TrustFileOptions {
  /** How often it is read: 5 s unless told. What left it is trusted for no longer than that. */
  readonly every?: Duration;
}

const maxBytes = 1024 * 1024;
const maxSecretBytes = 4096;
const mostEntries = 1000;

/**
 * Whom to trust, as a JSON file says: `{ "trust": [{ "kind": "servicePeer", "name": "herald", ... }] }`.
 * Each entry has the options of the function that its `kind` names; a secret stands in a file of its
 * own, named by `secretFile`, relative to this one.
 *
 * The file is read again every few seconds, and its secrets with it. It is checked completely: one
 * that is no strict JSON, over 1 MiB, or wrong in any entry changes nothing, and stops the start of an
 * application that has read none before. An entry that says the same as before stays the same object.
 *
 * @example
 * CountersignModule.forRoot({ service, audiences, trust: [trustFile('/etc/census/trust.json')] })
 * @publicApi
 */
export function trustFile(path: string, options: TrustFileOptions = {}): TrustSource {
  refuseUnknownOptions(options, { every: true });
  checkOption(typeof path === 'string' && path !== '', 'trustFile', 'be the path of a file');
  const location = resolve(path);
  let known: readonly KnownEntry[] | undefined;
  let answer: readonly TrustEntry[] = [];

  return Object.freeze<TrustSource>({
    location,
    every: toSeconds(options.every ?? '5s', 'every'),
    // The file lies on this machine: what it says does not grow old.
    maxAge: Infinity,
    isRequired: true,
    load: async () => {
      const text = await readText(location);
      const entries = entriesOf(text, dirname(location), known ?? []);
      if (known?.length === entries.length && entries.every((one, at) => one === known?.[at]))
        return answer;
      known = entries;
      answer = Object.freeze(entries.map(({ entry }) => entry));
      return answer;
    },
  });
}

interface KnownEntry {
  /** The entry as JSON, with the secrets that it names. */
  readonly says: string;
  readonly entry: TrustEntry;
}

async function readText(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path} cannot be read: ${cause.code}`, { cause });
  });
  try {
    // One byte more than allowed: whatever else may grow behind our back.
    const buffer = Buffer.alloc(maxBytes + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function entriesOf(
  text: string,
  folder: string,
  before: readonly KnownEntry[],
): readonly KnownEntry[] {
  const bySaying = new Map(before.map((one) => [one.says, one]));
  return documentsIn(text).map((document, index) => {
    const secrets = new Map<string, string>();
    const secretIn: SecretReader = (file, option) => {
      checkOption(typeof file === 'string' && file !== '', option, 'be the path of a file');
      const secret = readSecret(resolve(folder, file as string), option);
      secrets.set(file as string, secret);
      return secret;
    };
    try {
      const entry = entryOfDocument(document, secretIn);
      const says = JSON.stringify([document, [...secrets]]);
      return bySaying.get(says) ?? { says, entry };
    } catch (error) {
      throw new TypeError(`trust[${index}]: ${(error as Error).message}`, { cause: error });
    }
  });
}

function documentsIn(text: string): readonly Json[] {
  const { trust, ...unknown } = parseStrictObject(text);
  refuseUnknownOptions(unknown, { trust: true });
  checkOption(
    Array.isArray(trust) && trust.length <= mostEntries,
    'trust',
    `be a list of at most ${mostEntries} entries`,
  );
  return trust as readonly Json[];
}

function readSecret(path: string, option: string): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TypeError(`${option} cannot be read: ${code}`, { cause });
  }
  checkOption(secret !== '' && secret.length <= maxSecretBytes, option, 'hold one secret');
  return secret;
}
