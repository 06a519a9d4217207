/**
 * Mails that arrived, newest last, in bounded memory. Knows neither SMTP nor HTTP.
 */
import { Arrivals } from '../arrivals.js';

/** One mail as it arrived. @internal */
export interface ReceivedMail {
  /** With its angle brackets, as in the header. */
  readonly messageId: string;
  /** The `From` header, readable. */
  readonly from: string;
  /** The `To` header, readable. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Empty when the mail has no HTML part. */
  readonly html: string;
  /** ISO 8601, by the clock of this machine. */
  readonly receivedAt: string;
  /** What the SMTP dialogue said, which need not be what the headers say. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
}

/** The mails of a sink. @internal */
export interface Mailbox {
  readonly mails: readonly ReceivedMail[];
  add(mail: ReceivedMail): void;
  clear(): void;
  /**
   * The first mail that matches, now or within `withinMs`. Rejects with an Error that says how many
   * other mails arrived.
   */
  waitFor(matches: (mail: ReceivedMail) => boolean, withinMs: number): Promise<ReceivedMail>;
}

/** An empty mailbox that keeps the last `capacity` mails. @internal */
export function createMailbox(capacity: number): Mailbox {
  let mails: ReceivedMail[] = [];
  const arrivals = new Arrivals<ReceivedMail>();
  return {
    get mails() {
      return mails;
    },
    add(mail) {
      mails = [...mails, mail].slice(-capacity);
      arrivals.announce(mail);
    },
    clear() {
      mails = [];
    },
    waitFor(matches, withinMs) {
      const found = mails.find(matches);
      if (found) return Promise.resolve(found);
      const tooLate = (): string =>
        `no such mail within ${withinMs / 1000} s; the mailbox holds ${mails.length}`;
      return arrivals.next(matches, withinMs, tooLate);
    },
  };
}
