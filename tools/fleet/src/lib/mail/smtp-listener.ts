import { simpleParser, type AddressObject } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

import type { Mailbox, ReceivedMail } from './mailbox.js';

/** How the listener treats recipients: takes them, or answers 451, or answers 550. @internal */
export type SmtpMode = 'accept' | 'refuse-for-now' | 'refuse-for-good';

/** What a listener needs. @internal */
export interface SmtpListenerOptions {
  readonly port: number;
  readonly mailbox: Mailbox;
  /** Bytes one mail may have; a longer one is answered 552 and dropped. */
  readonly maxMailBytes: number;
  /** Asked for every recipient. */
  readonly mode: () => SmtpMode;
}

/** A listening SMTP server. @internal */
export interface SmtpListener {
  close(): Promise<void>;
}

const refusals = {
  'refuse-for-now': { code: 451, text: 'Try again later' },
  'refuse-for-good': { code: 550, text: 'No such mailbox' },
} as const;

const smtpError = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code });

const addresses = (field: AddressObject | AddressObject[] | undefined): string =>
  [field ?? []]
    .flat()
    .map((entry) => entry.text)
    .join(', ');

/** Reads to the end, so that the dialogue can go on, but keeps no more than allowed. */
async function readMail(stream: SMTPServerDataStream, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw smtpError(552, `A mail here has at most ${maxBytes} bytes`);
  return Buffer.concat(chunks);
}

async function receive(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  options: SmtpListenerOptions,
): Promise<void> {
  const parsed = await simpleParser(await readMail(stream, options.maxMailBytes));
  const { mailFrom, rcptTo } = session.envelope;
  const mail: ReceivedMail = {
    messageId: parsed.messageId ?? '',
    from: addresses(parsed.from),
    to: addresses(parsed.to),
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html || '',
    receivedAt: new Date().toISOString(),
    envelope: {
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((recipient) => recipient.address),
    },
  };
  options.mailbox.add(mail);
}

/**
 * Listens for SMTP on 127.0.0.1, without TLS and without login, and puts every mail into the
 * mailbox. Rejects when the port is taken.
 * @internal
 */
export async function listenSmtp(options: SmtpListenerOptions): Promise<SmtpListener> {
  const server = new SMTPServer({
    // A self-signed STARTTLS would only make clients that check certificates give up.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: options.maxMailBytes,
    socketTimeout: 30_000,
    closeTimeout: 1_000,
    maxClients: 50,
    onRcptTo(_address, _session, callback) {
      const mode = options.mode();
      if (mode === 'accept') return callback();
      return callback(smtpError(refusals[mode].code, refusals[mode].text));
    },
    onData(stream, session, callback) {
      receive(stream, session, options).then(() => callback(), callback);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  // Errors of single connections (a client that resets) must not end the process.
  server.on('error', () => undefined);
  return {
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
