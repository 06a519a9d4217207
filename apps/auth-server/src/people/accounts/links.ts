/**
 * Links that a person sets a password with: good once and for a while. The token of a link is
 * derived from its id with a key outside of the database, so that no table holds it, not even while
 * its mail waits, and every attempt to send it sends the same one.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';

import type { SharedSecrets } from '@countersign/runtime';
import type { Session } from '@countersign/storage';
import type { Clock } from '@countersign/token';

/** What a link is for. */
export type LinkPurpose = 'invitation' | 'reset';

/** Seconds that a link lives once it was handed over. */
export type LinkLifetimes = Readonly<Record<LinkPurpose, number>>;

/** A link whose mail has to leave. */
export interface LinkToSend {
  readonly id: string;
  readonly account: string;
  readonly purpose: LinkPurpose;
  /** Attempts with this one. */
  readonly attempts: number;
  /** Seconds since the epoch. */
  readonly madeAt: number;
}

/** What a link leads to. */
export interface OpenedLink {
  readonly account: string;
  readonly purpose: LinkPurpose;
}

/** Links of one account that may live at once, and mails that may wait for it. */
const mostResets = 3;

/** 32 bytes in base64url. */
const tokenForm = /^[A-Za-z0-9_-]{43}$/;

/** What a due link looks like in its row. */
interface LinkRow {
  readonly id: string;
  readonly account: string;
  readonly purpose: LinkPurpose;
  readonly attempts: number;
  readonly made_at: number;
}

/** The links in the database. */
export class Links {
  readonly #key: Buffer;

  constructor(
    secrets: Pick<SharedSecrets, 'derive'>,
    private readonly lifetimes: LinkLifetimes,
    private readonly clock: Clock,
  ) {
    // After the sealing key was replaced, what still waits is sent with another token: none was sent.
    [this.#key] = secrets.derive('links of people');
  }

  /** Makes an invitation, instead of former ones; its mail is due. */
  async invite(tx: Session, account: string): Promise<void> {
    await this.forget(tx, account);
    await this.insert(tx, account, 'invitation');
  }

  /**
   * Makes a reset link, unless enough of them are alive: nobody's mailbox is flooded, and no link
   * that somebody waits for dies because others ask for more. Answers whether it did.
   */
  async reset(tx: Session, account: string): Promise<boolean> {
    const { rows } = await tx.execute<{ readonly alive: number }>(
      `select count(*)::int as alive from people_links
       where account = $1 and purpose = 'reset' and (expires_at is null or expires_at > $2)`,
      [account, this.clock.now()],
    );
    if ((rows[0]?.alive ?? 0) >= mostResets) return false;
    await this.insert(tx, account, 'reset');
    return true;
  }

  /** Leases at most `limit` links whose mails are due, for so many seconds. */
  async takeDue(session: Session, limit: number, lease: number): Promise<readonly LinkToSend[]> {
    const now = this.clock.now();
    const { rows } = await session.execute<LinkRow>(
      `update people_links set due_at = $1::float8 + $2::float8, attempts = attempts + 1
       where id in (select id from people_links where due_at <= $1::float8
                    order by due_at limit $3 for update skip locked)
       returning id, account, purpose, attempts, made_at`,
      [now, lease, limit],
    );
    return rows.map(({ made_at: madeAt, ...row }) => ({ ...row, madeAt }));
  }

  /** The token of a link that is about to be handed over: from now on it is good. */
  async ready(session: Session, { id, purpose }: LinkToSend): Promise<string> {
    const token = createHmac('sha256', this.#key).update(id).digest('base64url');
    await session.execute('update people_links set digest = $2, expires_at = $3 where id = $1', [
      id,
      digestOf(token),
      this.clock.now() + this.lifetimes[purpose],
    ]);
    return token;
  }

  /** Somebody else brings the mail from here. */
  async handedOver(session: Session, { id }: LinkToSend): Promise<void> {
    await session.execute('update people_links set due_at = null where id = $1', [id]);
  }

  /** To be tried again after so many seconds. */
  async putOff(session: Session, { id }: LinkToSend, seconds: number): Promise<void> {
    const due = this.clock.now() + seconds;
    await session.execute('update people_links set due_at = $2 where id = $1', [id, due]);
  }

  /** There is no such link any more. */
  async drop(session: Session, { id }: LinkToSend): Promise<void> {
    await session.execute('delete from people_links where id = $1', [id]);
  }

  /** What a token leads to; undefined once it was used or has ended. Changes nothing. */
  async open(
    session: Session,
    token: string,
    purpose: LinkPurpose,
  ): Promise<OpenedLink | undefined> {
    if (!tokenForm.test(token)) return undefined;
    const { rows } = await session.execute<OpenedLink>(
      `select account, purpose from people_links
       where digest = $1 and purpose = $2 and expires_at > $3`,
      [digestOf(token), purpose, this.clock.now()],
    );
    return rows[0];
  }

  /** Uses a token up, and with it every link of its account; undefined as `open`. */
  async use(tx: Session, token: string, purpose: LinkPurpose): Promise<OpenedLink | undefined> {
    if (!tokenForm.test(token)) return undefined;
    const { rows } = await tx.execute<OpenedLink>(
      `delete from people_links where digest = $1 and purpose = $2 and expires_at > $3
       returning account, purpose`,
      [digestOf(token), purpose, this.clock.now()],
    );
    const [used] = rows;
    if (used) await this.forget(tx, used.account);
    return used;
  }

  /** Ends every link of an account. */
  async forget(tx: Session, account: string): Promise<void> {
    await tx.execute('delete from people_links where account = $1', [account]);
  }

  /** Removes links that have ended. */
  async prune(session: Session): Promise<void> {
    await session.execute('delete from people_links where expires_at < $1 and due_at is null', [
      this.clock.now(),
    ]);
  }

  private async insert(tx: Session, account: string, purpose: LinkPurpose): Promise<void> {
    const now = this.clock.now();
    await tx.execute(
      `insert into people_links (id, account, purpose, made_at, due_at) values ($1, $2, $3, $4, $4)`,
      [randomUUID(), account, purpose, now],
    );
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
