import type { AddressInfo, Server } from 'node:net';

import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientTCP } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { lastValueFrom, type Observable } from 'rxjs';

import { CountersignTcpServer, type CountersignTcpServerOptions } from '../src/microservices.js';
import { keepLines, type Lines } from './adapters.js';

interface Application {
  close(): Promise<void>;
}

type Start = (
  module: Type,
  strategy: CountersignTcpServer,
  logger: LoggerService,
) => Promise<Application>;

const hybrid =
  (makeAdapter: () => FastifyAdapter | ExpressAdapter, inheritAppConfig: boolean): Start =>
  async (module, strategy, logger) => {
    const app = await NestFactory.create(module, makeAdapter() as FastifyAdapter, {
      logger,
      abortOnError: false,
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    return app;
  };

const microservice: Start = async (module, strategy, logger) => {
  const app = await NestFactory.createMicroservice(module, {
    strategy,
    logger,
    abortOnError: false,
  });
  await app.listen();
  return app;
};

/** The applications that can have a message server. */
export const shapes: readonly (readonly [string, Start])[] = [
  ['a microservice', microservice],
  ['a hybrid application on Fastify', hybrid(() => new FastifyAdapter(), false)],
  ['a hybrid application on Express', hybrid(() => new ExpressAdapter(), false)],
  ['a hybrid application that inherits', hybrid(() => new FastifyAdapter(), true)],
];

/** An application with a message server on a real socket. */
export interface MessageService extends Lines {
  readonly app: Application;
  readonly port: number;
  readonly strategy: CountersignTcpServer;
}

/** Starts a module with a message server on 127.0.0.1 and a free port. */
export async function serveMessages(
  module: Type,
  start: Start = microservice,
  options: Partial<CountersignTcpServerOptions> = {},
): Promise<MessageService> {
  const { logger, lines } = keepLines();
  const strategy = new CountersignTcpServer({ port: 0, ...options });
  const app = await start(module, strategy, logger);
  const { port } = strategy.unwrap<Server>().address() as AddressInfo;
  return { app, port, strategy, ...lines };
}

/** What stands beside the data. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Nest's own client, which knows nothing of tokens: what it sends beside the data is the test's. */
export function plainClient(port: number, fields: Fields = {}): ClientTCP {
  const client = new ClientTCP({ host: '127.0.0.1', port });
  client.setOnDispatchHook((packet) => Object.assign(packet, { metadata: fields }));
  return client;
}

/** Sends one request, and closes. Rejects with what the server answers as an error. */
export async function request(
  client: ClientTCP,
  pattern: unknown,
  data: unknown = {},
): Promise<unknown> {
  try {
    const answers = client.send(pattern, data) as Observable<unknown>;
    return await lastValueFrom(answers, { defaultValue: undefined });
  } finally {
    client.close();
  }
}
