import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { DynamicModule, Type } from '@nestjs/common';
import { DATABASE, startApp, type RunningApp } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import {
  createTestIssuer,
  sendRequest,
  type AnswerToTest,
  type RequestToSend,
  type TestIssuer,
  type TokenBuilder,
} from '@countersign/testing';

import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { startCensus, type CensusStandIn } from './census-stand-in.js';
import { startMailRelay, type MailRelay } from './mail-relay.js';

/** Under which URL this Herald is known. */
export const herald = 'https://herald.example/';

/** What is sent besides method and path; a body is JSON unless `headers` say otherwise. */
export interface Sent extends RequestToSend {
  readonly token?: TokenBuilder | undefined;
}

/** A running Herald with its surroundings. */
export interface RunningHerald {
  readonly authServer: TestIssuer;
  readonly census: CensusStandIn;
  readonly url: string;
  readonly app: RunningApp['app'];
  /** The relay of the moment. */
  readonly relay: MailRelay;
  /** What the relay says of recipients; nothing unless told. */
  onRecipient: (address: string) => Error | undefined;
  database(): Database;
  log(): string;
  send(method: string, path: string, sent?: Sent): Promise<AnswerToTest>;
  /** Stops it and starts it again over the same data; `meanwhile` is done in between. */
  restart(meanwhile?: () => void): Promise<void>;
  /** Takes the relay away; resolves with what brings one back at its port, with no mails. */
  stopRelay(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Starts Herald over PGlite, unless the environment says `DATABASE_URL`; its module as it is, unless
 * something is made of it.
 */
export async function startHerald(
  environment: Readonly<Record<string, string | undefined>> = {},
  under: (module: DynamicModule) => DynamicModule | Type = (module) => module,
): Promise<RunningHerald> {
  const directory = await mkdtemp(join(tmpdir(), 'herald-'));
  const authServer = createTestIssuer();
  const served = await authServer.serve();
  const census = await startCensus(herald, () => `${app.url}.well-known/jwks.json`);
  const startRelay = (port = 0): Promise<MailRelay> =>
    startMailRelay(
      {
        onRcptTo: ({ address }, _session, done) => {
          const refusal = running.onRecipient(address);
          if (refusal) done(refusal);
          else done();
        },
      },
      port,
    );
  let relay = await startRelay();
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
        SMTP_TIMEOUT_SECONDS: '5',
        MAIL_FROM: 'Herald <no-reply@herald.example>',
        DELIVERY_RETRY_SECONDS: '0.05',
        DELIVERY_RETRY_MAX_SECONDS: '0.1',
        DELIVERY_POLL_SECONDS: '0.05',
        LOG_LEVEL: 'trace',
        ...environment,
      }),
      module: (config) => under(AppModule.forRoot(config)),
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
    get url() {
      return app.url;
    },
    get app() {
      return app.app;
    },
    get relay() {
      return relay;
    },
    onRecipient: () => undefined,
    database: () => app.app.get<Database>(DATABASE),
    log: () => log,
    send: (method, path, sent = {}) => sendRequest(app.url, method, path, withDefaults(sent)),
    restart: async (meanwhile) => {
      await app.close();
      meanwhile?.();
      app = await start();
    },
    stopRelay: async () => {
      const { port } = relay;
      await relay.close();
      return async () => {
        relay = await startRelay(port);
      };
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

function withDefaults({ token, headers, body }: Sent): RequestToSend {
  const all = {
    ...(token && { authorization: `Bearer ${token.sign()}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  return { headers: all, ...(body !== undefined && { body }) };
}
