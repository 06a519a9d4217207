/** Setting a password by a link, and asking for such a link. */
import { randomUUID } from 'node:crypto';

import type { Clock } from '@countersign/token';

import type { AuditStore } from '../../audit/audit-store.js';
import type { Account } from './account.js';
import type { AccountStore } from './account-store.js';
import { canonicalAddress } from './canonical-address.js';
import type { KnownPlaces } from './known-places.js';
import type { LinkPurpose, Links } from './links.js';
import { passwordProblem, type PasswordProblem } from './password-rules.js';
import type { Passwords } from './passwords.js';
import type { PersonSessions } from './person-sessions.js';

/** What it works with. */
export interface NewPasswordsDeps {
  readonly accounts: AccountStore;
  readonly passwords: Passwords;
  readonly links: Links;
  readonly places: KnownPlaces;
  readonly sessions: PersonSessions;
  readonly audit: Pick<AuditStore, 'write'>;
  readonly clock: Clock;
  readonly onMail: () => void;
}

/** A link, and what somebody typed behind it. */
export interface NewPassword {
  readonly token: string;
  readonly purpose: LinkPurpose;
  readonly password: string;
  /** For the audit log. */
  readonly address: string;
}

/** How setting a password ended. */
export type NewPasswordResult =
  | { readonly account: Account }
  /** The link was used, has ended, or never was. */
  | { readonly refused: 'link' }
  | { readonly refused: PasswordProblem };

/** Lets people set passwords by mail. */
export class NewPasswords {
  constructor(private readonly deps: NewPasswordsDeps) {}

  /**
   * Takes down that somebody wants a link for this address. Says nothing about accounts and does the
   * same whether there is one: who sends the mails looks.
   */
  async request(email: string): Promise<void> {
    const { accounts, onMail } = this.deps;
    const address = canonicalAddress(email);
    if (address === undefined) return;
    await accounts.database.execute(
      'insert into people_reset_requests (id, email) values ($1, $2)',
      [randomUUID(), address],
    );
    onMail();
  }

  /** Whose password a link sets; undefined if it sets none (any more). */
  async accountOf(token: string, purpose: LinkPurpose): Promise<Account | undefined> {
    const { accounts, links } = this.deps;
    const link = await links.open(accounts.database, token, purpose);
    const account = link && (await accounts.find(link.account));
    return account?.state === 'disabled' ? undefined : account;
  }

  /**
   * Sets a password, uses up the link, and logs the person out everywhere. What is no good as a
   * password leaves the link as it is.
   * @throws ServiceUnavailable (503) when too many passwords wait to be hashed.
   */
  async set({ token, purpose, password, address }: NewPassword): Promise<NewPasswordResult> {
    const { accounts, passwords, links, places, sessions } = this.deps;
    const found = await this.accountOf(token, purpose);
    if (!found) return { refused: 'link' };
    const problem = passwordProblem(password, [found.email, found.name ?? '']);
    if (problem) return { refused: problem };
    const hashed = await passwords.hash(password);
    const account = await accounts.database.transaction(async (tx) => {
      const link = await links.use(tx, token, purpose);
      const changed = link && (await accounts.setPassword(tx, link.account, hashed));
      if (!changed) return undefined;
      await places.forget(tx, changed.id);
      await sessions.endAll(changed.user, tx);
      await this.deps.audit.write(tx, {
        at: this.deps.clock.now(),
        event: 'people.password-set',
        subject: changed.user,
        actor: changed.user,
        address,
        method: purpose,
      });
      return changed;
    });
    return account ? { account } : { refused: 'link' };
  }
}
