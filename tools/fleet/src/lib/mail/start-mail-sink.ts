/**
 * A mail server for trying things out: takes every mail by SMTP, shows it as JSON by HTTP.
 * It sends nothing on, and knows nothing of the services.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { createMailbox, type Mailbox } from './mailbox.js';
import { listenSmtp, type SmtpListener, type SmtpMode } from './smtp-listener.js';

/** Where a sink listens, and how much it keeps. @internal */
export interface MailSinkOptions {
  readonly smtpPort: number;
  readonly httpPort: number;
  /** Mails kept; older ones are forgotten. Default 1000. */
  readonly capacity?: number;
  /** Bytes one mail may have. Default 1 MiB. */
  readonly maxMailBytes?: number;
}

/** A running mail sink. @internal */
export interface MailSink {
  /** `smtp://127.0.0.1:<port>` */
  readonly smtpUrl: string;
  /** `GET` answers the mails as a JSON array, `DELETE` forgets them. */
  readonly mailboxUrl: string;
  readonly mailbox: Mailbox;
  /** From now on, for every recipient. */
  setMode(mode: SmtpMode): void;
  /** Connections to the SMTP port are refused until `startSmtp`. */
  stopSmtp(): Promise<void>;
  startSmtp(): Promise<void>;
  close(): Promise<void>;
}

const json = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };

function answer(mailbox: Mailbox, request: IncomingMessage, response: ServerResponse): void {
  const [path] = (request.url ?? '').split('?');
  if (path !== '/messages') {
    response.writeHead(404, json).end('{"title":"Only /messages is here","status":404}');
  } else if (request.method === 'GET') {
    response.writeHead(200, json).end(JSON.stringify(mailbox.mails));
  } else if (request.method === 'DELETE') {
    mailbox.clear();
    response.writeHead(204).end();
  } else {
    response
      .writeHead(405, { ...json, allow: 'GET, DELETE' })
      .end('{"title":"GET or DELETE","status":405}');
  }
}

async function listenHttp(port: number, mailbox: Mailbox): Promise<Server> {
  const server = createServer((request, response) => answer(mailbox, request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const closeHttp = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/**
 * Starts a mail sink on 127.0.0.1. Rejects when a port is taken, and leaves nothing listening then.
 * @internal
 */
export async function startMailSink(options: MailSinkOptions): Promise<MailSink> {
  const mailbox = createMailbox(options.capacity ?? 1000);
  let mode: SmtpMode = 'accept';
  let smtp: SmtpListener | undefined;
  const startSmtp = async (): Promise<void> => {
    smtp ??= await listenSmtp({
      port: options.smtpPort,
      mailbox,
      maxMailBytes: options.maxMailBytes ?? 1024 * 1024,
      mode: () => mode,
    });
  };
  const stopSmtp = async (): Promise<void> => {
    const closing = smtp;
    smtp = undefined;
    await closing?.close();
  };
  const http = await listenHttp(options.httpPort, mailbox);
  try {
    await startSmtp();
  } catch (error) {
    await closeHttp(http);
    throw error;
  }
  return {
    smtpUrl: `smtp://127.0.0.1:${options.smtpPort}`,
    mailboxUrl: `http://127.0.0.1:${options.httpPort}/messages`,
    mailbox,
    setMode(next) {
      mode = next;
    },
    startSmtp,
    stopSmtp,
    close: async () => {
      await Promise.all([stopSmtp(), closeHttp(http)]);
    },
  };
}
