import { mayName } from '../token/grants/may-name.js';
import type { PeopleAccounts } from './people-accounts.js';

/** Accounts within these prefixes; whoever is outside is nobody here, whatever an account says. */
export function onlySubjects(
  accounts: PeopleAccounts,
  prefixes: readonly string[],
): PeopleAccounts {
  return {
    find: async (subject) => (mayName(subject, prefixes) ? accounts.find(subject) : undefined),
  };
}
