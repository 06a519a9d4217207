import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as it arrived. */
export interface ArrivedMail extends ParsedMail {
  readonly envelopeTo: readonly string[];
}

/** A relay on this machine that keeps what arrives. */
export interface MailRelay {
  readonly port: number;
  readonly url: string;
  readonly mails: readonly ArrivedMail[];
  /** Fulfilled when `count` mails have arrived. */
  arrived(count: number): Promise<readonly ArrivedMail[]>;
  close(): Promise<void>;
}

/** Starts a relay; without a port it takes a free one. */
export async function startMailRelay(
  options: SMTPServerOptions = {},
  port = 0,
): Promise<MailRelay> {
  const mails: ArrivedMail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
    onData(stream, session, callback) {
      simpleParser(stream).then((mail) => {
        mails.push({ ...mail, envelopeTo: session.envelope.rcptTo.map(({ address }) => address) });
        callback();
        waiting.forEach((look) => look());
      }, callback);
    },
    ...options,
  });
  // Half-open sessions are part of what is tested.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const bound = (server.server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `smtp://127.0.0.1:${bound}`,
    mails,
    arrived: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (mails.length < count) return;
          waiting.delete(look);
          resolve(mails);
        };
        waiting.add(look);
        look();
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** An error by which a relay answers with this code. */
export const relayRefusal = (responseCode: number): Error =>
  Object.assign(new Error('refused <bob@example.com>'), { responseCode });
