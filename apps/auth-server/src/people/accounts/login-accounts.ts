import type { PeopleAccounts, PersonClaims } from '../people-accounts.js';
import type { AccountStore } from './account-store.js';

/** What the login engine may know of accounts: those that are active, and nothing of the others. */
export class LoginAccounts implements PeopleAccounts {
  constructor(private readonly accounts: AccountStore) {}

  async find(subject: string): Promise<PersonClaims | undefined> {
    const account = await this.accounts.findByUser(subject);
    if (account?.state !== 'active') return undefined;
    const { name, email, emailVerified } = account;
    return { ...(name === undefined ? {} : { name }), email, email_verified: emailVerified };
  }
}
