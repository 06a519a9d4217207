import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { DATABASE, startApp, type RunningApp } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { createTestIssuer, type TestIssuer, type TokenBuilder } from '@countersign/testing';

import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { startCensus, type CensusStandIn } from './census-stand-in.js';
import { startMailRelay, type MailRelay } from './mail-relay.js';

/** Under which URL this Herald is known. */
export const herald = 'https://herald.example/';

/** What Herald answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** What is sent besides method and path. */
export interface Sent {
  readonly token?: TokenBuilder | undefined;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** A running Herald with its surroundings. */
export interface RunningHerald {
  readonly authServer: TestIssuer;
  readonly census: CensusStandIn;
  readonly relay: MailRelay;
  /** What the relay says of recipients; nothing unless told. */
  onRecipient: (address: string) => Error | undefined;
  database(): Database;
  log(): string;
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Stops it and starts it again over the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts Herald over PGlite, unless the environment says `DATABASE_URL`. */
export async function startHerald(
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<RunningHerald> {
  const directory = await mkdtemp(join(tmpdir(), 'herald-'));
  const authServer = createTestIssuer();
  const served = await authServer.serve();
  const census = await startCensus(herald, () => `${app.url}.well-known/jwks.json`);
  const relay = await startMailRelay({
    onRcptTo: ({ address }, _session, done) => {
      const refusal = running.onRecipient(address);
      if (refusal) done(refusal);
      else done();
    },
  });
  let log = '';
  const start = (): Promise<RunningApp> =>
    startApp({
      name: 'herald',
      config: loadConfig({
        PORT: '0',
        PUBLIC_URL: herald,
        DATA_DIR: directory,
        AUTH_SERVER_URL: authServer.issuer,
        CENSUS_URL: census.url,
        SMTP_URL: relay.url,
        SMTP_TIMEOUT_SECONDS: '1',
        MAIL_FROM: 'Herald <no-reply@herald.example>',
        DELIVERY_RETRY_SECONDS: '0.05',
        DELIVERY_RETRY_MAX_SECONDS: '0.1',
        DELIVERY_POLL_SECONDS: '0.05',
        LOG_LEVEL: 'trace',
        ...environment,
      }),
      module: (config) => AppModule.forRoot(config),
      log: new Writable({
        write(chunk, _encoding, done) {
          log += String(chunk);
          done();
        },
      }),
    });
  let app: RunningApp;
  const running: RunningHerald = {
    authServer,
    census,
    relay,
    onRecipient: () => undefined,
    database: () => app.app.get<Database>(DATABASE),
    log: () => log,
    send: (method, path, sent) => send(app.url, method, path, sent),
    restart: async () => {
      await app.close();
      app = await start();
    },
    close: async () => {
      await app.close();
      await Promise.all([served.close(), census.close(), relay.close()]);
      await rm(directory, { recursive: true });
    },
  };
  app = await start();
  return running;
}

function send(url: string, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { token, headers, body } = sent;
  const all = {
    ...(token && { authorization: `Bearer ${token.sign()}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, method, path, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
        }),
      );
    })
      .on('error', reject)
      .end(body);
  });
}
