import type { DynamicModule, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

/** Starts a program on this machine only; SIGTERM and SIGINT stop it. */
export async function start(
  module: DynamicModule,
  port: number,
  logger: LogLevel[] = ['log', 'warn', 'error', 'fatal'],
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    abortOnError: false,
    logger,
  });
  app.enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  return app;
}
