import { hash, verify } from '@node-rs/argon2';
import type { Database } from '@countersign/storage';

import type { PeopleAccounts, PersonClaims } from '../people-accounts.js';

interface Row {
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** Accounts in the database. */
export class AccountStore implements PeopleAccounts {
  /** What nobody's password hashes to; compared where there is no account. */
  private readonly decoy = hash('no account');

  constructor(private readonly database: Database) {}

  async find(subject: string): Promise<PersonClaims | undefined> {
    const row = await this.one('subject = $1', subject);
    return row && { name: row.name, email: row.email, email_verified: true };
  }

  /** The person of this address and password; undefined for whatever is wrong, after the same work. */
  async logIn(email: string, password: string): Promise<string | undefined> {
    const row = await this.one('lower(email) = lower($1)', email);
    const isRight = await verify(row?.password ?? (await this.decoy), password);
    return row && isRight ? row.subject : undefined;
  }

  /** Adds an account. Rejects for an address or a person that has one. */
  async add({ password, ...account }: Row): Promise<void> {
    await this.database.execute(
      'insert into people_accounts (subject, email, name, password) values ($1, $2, $3, $4)',
      [account.subject, account.email, account.name, await hash(password)],
    );
  }

  private async one(where: string, value: string): Promise<Row | undefined> {
    const { rows } = await this.database.execute<Row>(
      `select subject, email, name, password from people_accounts where ${where} and not disabled`,
      [value],
    );
    return rows[0];
  }
}
