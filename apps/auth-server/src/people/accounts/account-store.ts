/** The accounts of people in the database. Knows no page, no mail and no session of a browser. */
import { randomUUID } from 'node:crypto';

import type { Database, Session } from '@countersign/storage';

import { RegistryConflict } from '../../registry/registry-errors.js';
import {
  accountColumns,
  toAccount,
  type Account,
  type AccountRow,
  type ProviderIdentity,
} from './account.js';

/** What an account is made from. */
export interface NewAccount {
  readonly user: string;
  /** Canonical, see `canonicalAddress`. */
  readonly email: string;
  readonly emailVerified?: boolean;
  readonly name: string | undefined;
  /** A PHC string. */
  readonly password?: string;
}

/** What an administrator may change of an account. */
export interface AccountChange {
  /** Canonical. */
  readonly email: string;
  readonly name: string | undefined;
  readonly disabled: boolean;
}

/** An account with what its password is held against. */
export interface AccountWithPassword {
  readonly account: Account;
  readonly password: string | undefined;
}

/** Reads and writes accounts, in the session it is given. */
export class AccountStore {
  constructor(readonly database: Database) {}

  /** Adds an account. Refuses (RegistryConflict `exists`) a user or an address that has one. */
  async add(tx: Session, account: NewAccount): Promise<Account> {
    const { user, email, name, emailVerified = false, password } = account;
    const { rows } = await tx.execute<AccountRow>(
      `insert into people_accounts (id, user_uri, email, email_verified, name, password)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning ${accountColumns}`,
      [randomUUID(), user, email, emailVerified, name ?? null, password ?? null],
    );
    const [row] = rows;
    if (!row) throw taken();
    return toAccount(row);
  }

  /** The account of this id, which must be a UUID. */
  find(id: string, session: Session = this.database): Promise<Account | undefined> {
    return one(session, 'id = $1', [id]);
  }

  /** The account of a user of Census. */
  findByUser(user: string, session: Session = this.database): Promise<Account | undefined> {
    return one(session, 'user_uri = $1', [user]);
  }

  /** The account bound to somebody at the external provider. */
  findByProvider({ issuer, subject }: ProviderIdentity): Promise<Account | undefined> {
    const values = [issuer, subject];
    return one(this.database, 'provider_issuer = $1 and provider_subject = $2', values);
  }

  /** The account of a canonical address, with its password. */
  async findByEmail(
    email: string,
    session: Session = this.database,
  ): Promise<AccountWithPassword | undefined> {
    const { rows } = await session.execute<AccountRow & { readonly password: string | null }>(
      `select ${accountColumns}, password from people_accounts where email = $1`,
      [email],
    );
    const [row] = rows;
    return row && { account: toAccount(row), password: row.password ?? undefined };
  }

  /** Accounts in the order of their addresses, after one and `limit` at most. */
  async list(after: string | undefined, limit: number): Promise<readonly Account[]> {
    const { rows } = await this.database.execute<AccountRow>(
      `select ${accountColumns} from people_accounts
       where $1::text is null or email > $1 order by email limit $2`,
      [after ?? null, limit],
    );
    return rows.map(toAccount);
  }

  /**
   * Changes the version of an account that was seen. A changed address is not verified any more.
   * Refuses (RegistryConflict) `missing`, `changed` and, for an address that has an account, `exists`.
   */
  async change(
    tx: Session,
    id: string,
    { email, name, disabled }: AccountChange,
    ifVersion: number,
  ): Promise<Account> {
    await this.hold(tx, id, ifVersion);
    const other = await this.findByEmail(email, tx);
    if (other && other.account.id !== id) throw taken();
    const changed = await update(
      tx,
      'email = $2, name = $3, disabled = $4, email_verified = email_verified and email = $2',
      [id, email, name ?? null, disabled],
    );
    return changed ?? missing();
  }

  /** Removes the version of an account that was seen, with all that hangs on it. Refuses as `change`. */
  async remove(tx: Session, id: string, ifVersion: number): Promise<Account> {
    const account = await this.hold(tx, id, ifVersion);
    await tx.execute('delete from people_accounts where id = $1', [id]);
    return account;
  }

  /** Gives an account that is not disabled a password; by a link to its address, which that verifies. */
  setPassword(tx: Session, id: string, password: string): Promise<Account | undefined> {
    return update(tx, 'password = $2, email_verified = true', [id, password], 'not disabled');
  }

  /** The same password, hashed with other parameters; unless it was replaced meanwhile. */
  async rehash(id: string, former: string, password: string): Promise<void> {
    await this.database.execute(
      'update people_accounts set password = $3 where id = $1 and password = $2',
      [id, former, password],
    );
  }

  /** Binds an invited account to somebody at the external provider; undefined if it is not invited. */
  bind(tx: Session, id: string, provider: ProviderIdentity): Promise<Account | undefined> {
    return update(
      tx,
      'provider_issuer = $2, provider_subject = $3, email_verified = true',
      [id, provider.issuer, provider.subject],
      'not disabled and password is null and provider_subject is null',
    );
  }

  private async hold(tx: Session, id: string, ifVersion: number): Promise<Account> {
    await tx.execute('select 1 from people_accounts where id = $1 for update', [id]);
    const account = await this.find(id, tx);
    if (!account) return missing();
    if (account.version === ifVersion) return account;
    throw new RegistryConflict('changed', 'Somebody has changed this person meanwhile');
  }
}

async function one(
  session: Session,
  condition: string,
  values: readonly unknown[],
): Promise<Account | undefined> {
  const { rows } = await session.execute<AccountRow>(
    `select ${accountColumns} from people_accounts where ${condition}`,
    values,
  );
  return rows[0] && toAccount(rows[0]);
}

async function update(
  tx: Session,
  set: string,
  values: readonly unknown[],
  condition = 'true',
): Promise<Account | undefined> {
  const { rows } = await tx.execute<AccountRow>(
    `update people_accounts set ${set}, version = version + 1
     where id = $1 and ${condition} returning ${accountColumns}`,
    values,
  );
  return rows[0] && toAccount(rows[0]);
}

function taken(): RegistryConflict {
  return new RegistryConflict('exists', 'This user, or this address, has an account already');
}

/** The refusal of what is not there. */
export function missing(): never {
  throw new RegistryConflict('missing', 'There is no such person');
}
