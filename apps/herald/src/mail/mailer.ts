import { isPlainAddress } from '@countersign/runtime';
import { createTransport } from 'nodemailer';

import type { MailContent } from './compose-mail.js';
import { classifySmtpFailure, type SmtpFailure } from './classify-smtp-failure.js';
import type { SmtpSettings } from './smtp-settings.js';

/** One mail to one person. */
export interface OutgoingMail extends MailContent {
  /** The same on every attempt, so that a duplicate is recognised as one. */
  readonly messageId: string;
  readonly to: string;
  readonly date: Date;
}

/** How an attempt ended. */
export type DeliveryOutcome =
  { readonly delivered: true } | ({ readonly delivered: false } & SmtpFailure);

/** What a mailer needs. */
export interface MailerOptions {
  readonly smtp: SmtpSettings;
  /** The sender: a plain address, and a name that may be empty. */
  readonly from: { readonly name: string; readonly address: string };
  /** How this host names itself to the relay. */
  readonly hostname: string;
  /** Longest silence of the relay, in whole milliseconds. */
  readonly timeoutMs: number;
}

const ATTEMPT_TIMEOUTS = 3;
const tooSlow: SmtpFailure = { permanent: false, reason: 'etimedout' };

/** Hands mails to the relay by SMTP; one bounded attempt at a time per mail. */
export class Mailer {
  private readonly transport;

  constructor(private readonly options: MailerOptions) {
    const { smtp, hostname, timeoutMs: timeout } = options;
    this.transport = createTransport({
      host: smtp.host,
      port: smtp.port,
      secure: smtp.tls === 'implicit',
      requireTLS: smtp.tls === 'starttls',
      ignoreTLS: smtp.tls === 'none',
      tls: { minVersion: 'TLSv1.2' },
      // Without forceAuth nodemailer sends unauthenticated when somebody strips AUTH from EHLO.
      ...(smtp.credentials && {
        auth: { user: smtp.credentials.user, pass: smtp.credentials.password },
        forceAuth: true,
      }),
      name: hostname,
      dnsTimeout: timeout,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** Longest an attempt lasts, in milliseconds: a relay that drips keeps nobody longer. */
  get attemptMs(): number {
    return ATTEMPT_TIMEOUTS * this.options.timeoutMs;
  }

  /**
   * Tries once. Never throws: an address that is not plain, a refusal, an outage and an abort are
   * outcomes.
   */
  async send(mail: OutgoingMail, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { to, messageId, date, subject, text, html } = mail;
    if (!isPlainAddress(to)) return refused({ permanent: true, reason: 'address_unusable' });
    const deadline = AbortSignal.timeout(this.attemptMs);
    try {
      await this.transport.sendMail({
        envelope: { from: this.options.from.address, to: [to] },
        from: this.options.from,
        to,
        messageId,
        date,
        subject,
        text,
        html,
        // RFC 3834 section 5: no out-of-office answers to a machine.
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([deadline, signal]),
      });
      return { delivered: true };
    } catch (error) {
      // nodemailer calls every abort the same; a relay that drips is one that is too slow.
      return refused(deadline.aborted ? tooSlow : classifySmtpFailure(error));
    }
  }

  /** Lets go of everything. */
  close(): void {
    this.transport.close();
  }
}

const refused = (failure: SmtpFailure): DeliveryOutcome => ({ delivered: false, ...failure });
