/** Accounts that a file lists, made at the start where they are missing. */
import { open } from 'node:fs/promises';

import { ConfigError } from '@countersign/runtime';
import { isWithin, parseStrictJson } from '@countersign/token';
import { z } from 'zod';

import { RegistryConflict } from '../../registry/registry-errors.js';
import type { AccountStore } from './account-store.js';
import { canonicalAddress } from './canonical-address.js';
import type { Passwords } from './passwords.js';

const longest = 1024 * 1024;

const person = z.strictObject({
  user: z.string(),
  email: z.string(),
  name: z.string().min(1).max(200).optional(),
  password: z.string().min(12).max(256),
});
const peopleDocument = z.strictObject({ people: z.array(person).max(1_000) });

/** Where the file is, and what its people are made with. */
export interface PeopleFile {
  readonly path: string;
  readonly accounts: AccountStore;
  readonly passwords: Passwords;
  readonly subjects: readonly string[];
}

/**
 * Makes the accounts of a file that are not there yet; those that are stay as they are. Where the
 * users have moved, so that the account of an address is of none of ours any more, it is made anew.
 *
 * Refuses (ConfigError) a file that others may read, that is not strict JSON of the form
 * `{ "people": [{ "user", "email", "name"?, "password" }] }`, and users that are none of ours.
 */
export async function applyPeopleFile(file: PeopleFile): Promise<void> {
  const { path, accounts, passwords, subjects } = file;
  for (const { user, email, name, password } of await readPeople(path)) {
    const address = canonicalAddress(email);
    if (address === undefined) throw refused(path, `${email} is no plain address`);
    if (!isWithin(user, subjects)) throw refused(path, `${user} is not within PEOPLE_SUBJECTS`);
    if (await accounts.findByUser(user)) continue;
    const hashed = await passwords.hash(password);
    const made = { user, email: address, emailVerified: true, name, password: hashed };
    const adding = accounts.database.transaction(async (tx) => {
      const other = (await accounts.findByEmail(address, tx))?.account;
      if (other && !isWithin(other.user, subjects))
        await accounts.remove(tx, other.id, other.version);
      await accounts.add(tx, made);
    });
    await adding.catch((error: unknown) => {
      // Another replica starts at the same time, or somebody else has the address.
      if (!(error instanceof RegistryConflict)) throw error;
    });
  }
}

async function readPeople(path: string): Promise<readonly z.output<typeof person>[]> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw refused(path, 'it cannot be read', cause);
  });
  try {
    const { mode, size } = await file.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw refused(path, 'others may read its passwords; run chmod 600 on it');
    }
    if (size > longest) throw refused(path, 'it is larger than 1 MiB');
    return parsePeople(path, await file.readFile());
  } finally {
    await file.close();
  }
}

function parsePeople(path: string, bytes: Buffer): readonly z.output<typeof person>[] {
  let json: unknown;
  try {
    json = parseStrictJson(bytes);
  } catch (cause) {
    throw refused(path, 'it is not strict JSON', cause);
  }
  const { data, error } = peopleDocument.safeParse(json);
  if (data) return data.people;
  const [issue] = error.issues;
  throw refused(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function refused(path: string, problem: string, cause?: unknown): ConfigError {
  return new ConfigError([`ACCOUNTS_FILE: ${path}: ${problem}`], { cause });
}
