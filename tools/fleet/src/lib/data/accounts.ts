import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { errorCode } from '../error-code.js';
import { writePrivateFile } from './private-file.js';
import { cast, demoUser, userUri, type FleetUrls } from './seeds.js';

/** Somebody who can log in. @internal */
export interface Account {
  readonly email: string;
  readonly password: string;
}

/** Accounts by the part that their people play. @internal */
export type Accounts = Readonly<Record<keyof typeof cast, Account>>;

// Nothing that is taken for something else when it is typed off a screen.
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const letter = (): string => letters[randomInt(letters.length)] ?? '';
const group = (): string => Array.from({ length: 4 }, letter).join('');
/** About 99 bits. */
const generate = (): string => Array.from({ length: 5 }, group).join('-');

/**
 * The accounts of the cast, in the auth server's ACCOUNTS_FILE (0600). Passwords are generated at the
 * first start, and kept; users are written anew, because their URIs name ports. Refuses a file that
 * holds something else.
 * @internal
 */
export async function demoAccounts(file: string, urls: FleetUrls): Promise<Accounts> {
  const known = await knownPasswords(file);
  const accountOf = (id: number): Account => {
    const { email } = demoUser(id);
    return { email, password: known.get(email) ?? generate() };
  };
  const accounts: Accounts = {
    sender: accountOf(cast.sender),
    recipient: accountOf(cast.recipient),
    stranger: accountOf(cast.stranger),
  };
  const people = (Object.keys(cast) as (keyof typeof cast)[]).map((part) => ({
    user: userUri(urls, cast[part]),
    name: demoUser(cast[part]).name,
    ...accounts[part],
  }));
  await writePrivateFile(file, `${JSON.stringify({ people }, null, 2)}\n`);
  return accounts;
}

async function knownPasswords(file: string): Promise<ReadonlyMap<string, string>> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Map();
    throw error;
  }
  try {
    const { people } = JSON.parse(content) as { people: readonly unknown[] };
    if (people.every(isAccount))
      return new Map(people.map(({ email, password }) => [email, password]));
  } catch {
    // Falls through: a parser's message may quote the content.
  }
  throw new Error(`${file} does not hold accounts; remove the whole data directory to begin anew`);
}

function isAccount(value: unknown): value is Account {
  const { email, password } = (value ?? {}) as Partial<Account>;
  return typeof email === 'string' && typeof password === 'string';
}
