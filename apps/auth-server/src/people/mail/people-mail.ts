/**
 * Has mails with links sent by Herald: from rows of the database, so that nothing is lost while
 * Herald or this process is away. Herald brings a mail once for each id, however often it is asked.
 */
import { Logger } from '@nestjs/common';
import { retryDelay } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import type { Account } from '../accounts/account.js';
import type { AccountStore } from '../accounts/account-store.js';
import type { LinkPurpose, Links, LinkToSend } from '../accounts/links.js';

/** A mail that Herald is asked to send. */
export interface LinkMail {
  /** The same for each attempt. */
  readonly id: string;
  readonly user: string;
  /** Where Census must agree that the user is reached. */
  readonly email: string;
  readonly type: 'invitation' | 'password-reset';
  readonly link: string;
}

/** Who sends the mails. */
export interface MailSender {
  /** Resolves when it is taken over; `refused` for good. Rejects when it could not be asked. */
  send(mail: LinkMail): Promise<'taken' | 'refused'>;
}

/** What it works with. */
export interface PeopleMailDeps {
  readonly accounts: AccountStore;
  readonly links: Links;
  readonly sender: MailSender;
  readonly clock: Clock;
  /** This server's URL, with its final slash. */
  readonly publicUrl: string;
  /** Milliseconds between two looks for mails that have become due; 5,000 unless told. */
  readonly pollEvery?: number;
}

/** Seconds. */
const pauses = { first: 2, longest: 300 };
const lease = 60;
/** Seconds after which a mail that could not be handed over is given up: nobody waits for it. */
const giveUpAfter: Readonly<Record<LinkPurpose, number>> = { invitation: 72 * 3600, reset: 3600 };
/** Mails handed over at once, and requests looked at in one transaction. */
const atOnce = 8;

const types = { invitation: 'invitation', reset: 'password-reset' } as const;

/** Where the link of a token leads. */
export function linkPath(purpose: LinkPurpose, token: string): string {
  return `people/${purpose === 'invitation' ? 'invitation' : 'password'}/${token}`;
}

/** Looks for what is due, and hands it over. */
export class PeopleMail {
  private readonly logger = new Logger('PeopleMail');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWoken = false;
  private isStopped = false;

  constructor(private readonly deps: PeopleMailDeps) {}

  /** Looks now and then from now on. */
  start(): void {
    this.timer = setInterval(() => this.wake(), this.deps.pollEvery ?? 5_000).unref();
    this.wake();
  }

  /** Looks now: something has become due. Never waits, never throws. */
  wake(): void {
    this.isWoken = true;
    void this.run();
  }

  /** One look, and another if woken meanwhile. Never rejects: what fails is tried again next time. */
  run(): Promise<void> {
    return (this.running ??= this.lookUntilDone().finally(() => {
      this.running = undefined;
    }));
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async lookUntilDone(): Promise<void> {
    do {
      this.isWoken = false;
      await this.look();
    } while (this.isWoken && !this.isStopped);
  }

  private async look(): Promise<void> {
    try {
      while (!this.isStopped && (await this.lookAtRequests()) === atOnce);
      let taken = atOnce;
      while (!this.isStopped && taken === atOnce) taken = await this.handOver();
      await this.deps.links.prune(this.deps.accounts.database);
    } catch (error) {
      this.logger.error(error);
    }
  }

  /** Makes links for those who asked for one and have an account; answers how many asked. */
  private async lookAtRequests(): Promise<number> {
    const { accounts, links } = this.deps;
    return accounts.database.transaction(async (tx) => {
      const { rows } = await tx.execute<{ readonly email: string }>(
        `delete from people_reset_requests where id in
           (select id from people_reset_requests limit ${atOnce} for update skip locked)
         returning email`,
      );
      for (const email of new Set(rows.map((row) => row.email))) {
        const found = await accounts.findByEmail(email, tx);
        if (found?.account.state === 'active' && found.password !== undefined) {
          await links.reset(tx, found.account.id);
        }
      }
      return rows.length;
    });
  }

  private async handOver(): Promise<number> {
    const { accounts, links } = this.deps;
    const due = await links.takeDue(accounts.database, atOnce, lease);
    await Promise.all(due.map((link) => this.send(link)));
    return due.length;
  }

  private async send(link: LinkToSend): Promise<void> {
    const { accounts, links, sender, publicUrl } = this.deps;
    const { database } = accounts;
    const account = await accounts.find(link.account);
    if (!account || !this.isWorthwhile(link, account)) return links.drop(database, link);
    try {
      const token = await links.ready(database, link);
      const outcome = await sender.send({
        id: link.id,
        user: account.user,
        email: account.email,
        type: types[link.purpose],
        link: `${publicUrl}${linkPath(link.purpose, token)}`,
      });
      if (outcome === 'taken') await links.handedOver(database, link);
      else await links.drop(database, link);
      this.report(outcome, link, account);
    } catch (error) {
      await links.putOff(database, link, retryDelay(link.attempts, pauses));
      this.report('put off', link, account, error);
    }
  }

  private isWorthwhile({ purpose, madeAt }: LinkToSend, { state }: Account): boolean {
    const isWanted = state === (purpose === 'invitation' ? 'invited' : 'active');
    return isWanted && this.deps.clock.now() - madeAt < giveUpAfter[purpose];
  }

  private report(outcome: string, link: LinkToSend, { user }: Account, error?: unknown): void {
    const { purpose, attempts } = link;
    const entry = { event: 'people.mail', outcome, purpose, attempts, user };
    if (outcome === 'taken') this.logger.log(entry);
    // Of a failed call only the message: it names the service and nothing that was sent.
    else this.logger.warn({ ...entry, reason: error instanceof Error ? error.message : undefined });
  }
}
