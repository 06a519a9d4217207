import { setTimeout as pause } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';

import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream, Logger } from 'pino';

import type { BaseConfig } from '../config/base-config.js';
import { Readiness } from '../health/readiness.js';
import type { BodyKind } from '../http/body-parsers.js';
import { useBodyParsers } from '../http/body-parsers.js';
import { createAdapter } from '../http/create-adapter.js';
import { mountDirectRoutes } from '../http/direct-route.js';
import type { ErrorShape } from '../http/problem.js';
import { watchRoutes } from '../http/refuse-other-methods.js';
import { createLogger } from '../logging/create-logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { followTlsFiles } from '../tls/follow-tls-files.js';
import { readTlsFiles, tlsOptionsOf, type TlsFiles } from '../tls/tls-files.js';
import { rootModule } from './root-module.js';
import { watchSilentConnections } from './silent-connections.js';

/** What an app is started with. @publicApi */
export interface AppOptions<Config extends BaseConfig> {
  /** The app's name in its log. */
  readonly name: string;
  readonly config: Config;
  readonly module: (config: Config) => Type | DynamicModule;
  /** Bodies the app reads; JSON unless given. */
  readonly bodies?: readonly BodyKind[];
  /** Shapes of failures other than RFC 9457, for some paths. */
  readonly errorShapes?: readonly ErrorShape[];
  /** Where log lines go; standard output unless given. */
  readonly log?: DestinationStream;
}

/** An app that listens. @publicApi */
export interface RunningApp {
  readonly app: NestFastifyApplication;
  readonly logger: Logger;
  /** Where it listens, with the real port. */
  readonly url: string;
  /**
   * Not ready from now on; goes on answering for `delay` seconds (0 unless given), until whoever
   * balances load has noticed; answers what is in flight (10 s at most), then closes everything.
   */
  close(delay?: number): Promise<void>;
  /** Reads the files of TLS again, now; there only where the app speaks https. */
  readonly reloadTls?: () => Promise<void>;
}

/** Milliseconds that requests in flight get when the app closes. */
const drainTime = 10_000;

/** Milliseconds in which what was sent on a new connection certainly has arrived. */
const silenceTime = 1_000;

/**
 * Builds the app, listens and logs `listening`. Rejects when it cannot: a rule is missing, the
 * database is in use, the port is taken, the files of TLS are of no use (ConfigError).
 * @publicApi
 */
export async function startApp<Config extends BaseConfig>(
  options: AppOptions<Config>,
): Promise<RunningApp> {
  const { config } = options;
  const logger = createLogger(options.name, config.LOG_LEVEL, options.log);
  const tls = await readTlsFiles(config);
  const app = await createApp(options, logger, tls);
  const server = app.getHttpServer();
  const cutSilent = watchSilentConnections(server);
  try {
    await app.listen({ host: config.HOST, port: config.PORT });
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = urlOf(app);
  logger.info({ url, publicUrl: config.PUBLIC_URL }, 'listening');
  let closing: Promise<void> | undefined;
  const stop = (delay = 0) => (closing ??= close(app, cutSilent, delay));
  if (!tls || !isTlsServer(server)) return { app, logger, url, close: stop };
  const followed = followTlsFiles(server, tls, { config, logger });
  server.once('close', followed.stop);
  return { app, logger, url, close: stop, reloadTls: followed.reload };
}

function isTlsServer(server: object): server is TlsServer {
  return server instanceof TlsServer;
}

async function createApp<Config extends BaseConfig>(
  { module, config, bodies = ['json'], errorShapes = [] }: AppOptions<Config>,
  logger: Logger,
  tls: TlsFiles | undefined,
): Promise<NestFastifyApplication> {
  const secured = tls && tlsOptionsOf(config, tls);
  const adapter = createAdapter(config.PUBLIC_URL, config.TRUSTED_PROXIES, secured);
  const refuseOtherMethods = watchRoutes(adapter.getInstance());
  const root = rootModule({ config, module, errorShapes });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    rawBody: true,
    bodyParser: false,
  });
  useBodyParsers(app, bodies);
  mountDirectRoutes(app);
  const readiness = app.get(Readiness);
  adapter.getInstance().addHook('onRequest', (_request, reply, done) => {
    // A client's next request should come by another connection, and so to another process.
    if (readiness.isShuttingDown) void reply.header('connection', 'close');
    done();
  });
  try {
    await app.init();
    refuseOtherMethods();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

async function close(
  app: NestFastifyApplication,
  cutSilent: () => void,
  delay: number,
): Promise<void> {
  app.get(Readiness).shutDown();
  if (delay > 0) await pause(delay * 1_000);
  const server = app.getHttpServer();
  const timers = [
    setTimeout(cutSilent, silenceTime).unref(),
    setTimeout(() => server.closeAllConnections(), drainTime).unref(),
  ];
  try {
    await app.close();
  } finally {
    timers.forEach(clearTimeout);
  }
}

function urlOf(app: NestFastifyApplication): string {
  const server = app.getHttpServer();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${isTlsServer(server) ? 'https' : 'http'}://${host}:${address.port}/`;
}
