/** What administrators do with accounts, each in one transaction with its line of the audit log. */
import { isWithin, type Clock, type JsonObject } from '@countersign/token';
import type { Session } from '@countersign/storage';

import type { AuditStore } from '../../audit/audit-store.js';
import { RegistryConflict, RegistryInvalid } from '../../registry/registry-errors.js';
import type { Actor } from '../../registry/registry-store.js';
import type { Account } from './account.js';
import {
  missing,
  type AccountChange,
  type AccountStore,
  type NewAccount,
} from './account-store.js';
import type { Links } from './links.js';
import type { PersonSessions } from './person-sessions.js';

/** What changes work with. */
export interface PersonChangesDeps {
  readonly accounts: AccountStore;
  readonly links: Links;
  readonly sessions: PersonSessions;
  readonly audit: Pick<AuditStore, 'write'>;
  readonly clock: Clock;
  /** Canonical URI prefixes of the users that this server may log in. */
  readonly subjects: readonly string[];
  /** Whether people set passwords here, by links: not where an external provider knows them. */
  readonly invites: boolean;
  /** Called when a mail has become due. */
  readonly onMail: () => void;
}

/** Makes, changes and removes people. */
export class PersonChanges {
  constructor(private readonly deps: PersonChangesDeps) {}

  /**
   * Makes an account, and has an invitation sent to its address.
   *
   * Refuses (RegistryInvalid) a user that is none this server may log in, (RegistryConflict)
   * `exists`.
   */
  async add(account: NewAccount, by: Actor): Promise<Account> {
    const { accounts, links, subjects, invites } = this.deps;
    if (!isWithin(account.user, subjects)) {
      const message = 'must be the URI of a user that this server may log in';
      throw new RegistryInvalid([{ path: ['user'], message }]);
    }
    const added = await accounts.database.transaction(async (tx) => {
      const made = await accounts.add(tx, account);
      if (invites && made.state === 'invited') await links.invite(tx, made.id);
      await this.record(tx, 'people.added', made, by);
      return made;
    });
    this.deps.onMail();
    return added;
  }

  /** Changes an account; see `AccountStore.change`. Who is disabled is logged out everywhere. */
  async change(id: string, change: AccountChange, ifVersion: number, by: Actor): Promise<Account> {
    const { accounts, links, sessions } = this.deps;
    return accounts.database.transaction(async (tx) => {
      const former = (await accounts.find(id, tx)) ?? missing();
      const made = await accounts.change(tx, id, change, ifVersion);
      // A link to the former address must not open the account of the new one.
      if (former.email !== made.email || change.disabled) await links.forget(tx, id);
      if (made.state === 'disabled') await sessions.endAll(made.user, tx);
      await this.record(tx, 'people.changed', made, by, { state: made.state });
      return made;
    });
  }

  /** Removes an account and ends its sessions; see `AccountStore.remove`. */
  async remove(id: string, ifVersion: number, by: Actor): Promise<void> {
    const { accounts, sessions } = this.deps;
    await accounts.database.transaction(async (tx) => {
      const former = await accounts.remove(tx, id, ifVersion);
      await sessions.endAll(former.user, tx);
      await this.record(tx, 'people.removed', former, by);
    });
  }

  /**
   * Sends an invitation again, and ends former ones. Refuses (RegistryConflict) `missing`, and
   * `exists` for who is not invited, or not by mail.
   */
  async invite(id: string, by: Actor): Promise<Account> {
    const { accounts, links, invites } = this.deps;
    const invited = await accounts.database.transaction(async (tx) => {
      const account = (await accounts.find(id, tx)) ?? missing();
      if (!invites || account.state !== 'invited') {
        throw new RegistryConflict('exists', 'This person waits for no invitation');
      }
      await links.invite(tx, id);
      await this.record(tx, 'people.invited', account, by);
      return account;
    });
    this.deps.onMail();
    return invited;
  }

  private async record(
    tx: Session,
    event: string,
    { user: subject }: Account,
    by: Actor,
    detail?: JsonObject,
  ): Promise<void> {
    await this.deps.audit.write(tx, {
      at: this.deps.clock.now(),
      event,
      subject,
      actor: by.name,
      address: by.address,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}
