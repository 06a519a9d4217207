import type { AddressInfo } from 'node:net';

import type { INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The HTTP adapters the library is promised to work on. */
export const adapters = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
] as const;

/** A running application on a real socket. */
export interface Running {
  readonly app: INestApplication;
  readonly url: string;
  /** The decision lines that the application logged. */
  readonly decisions: Record<string, unknown>[];
  /** What it logged about revocation feeds. */
  readonly revocations: Record<string, unknown>[];
}

/** Starts a module on 127.0.0.1 and a free port, and keeps what it logs. */
export async function run(
  module: Type,
  adapter: FastifyAdapter | ExpressAdapter,
  { rawBody = false }: { readonly rawBody?: boolean } = {},
): Promise<Running> {
  const decisions: Record<string, unknown>[] = [];
  const revocations: Record<string, unknown>[] = [];
  const keep = (message: unknown) => {
    const [kind] = String((message as { event?: string }).event).split('.');
    const lines = { access: decisions, revocation: revocations }[kind as string];
    lines?.push(message as Record<string, unknown>);
  };
  const logger: LoggerService = {
    log: keep,
    error: keep,
    warn: keep,
    debug: keep,
  };
  const app = await NestFactory.create(module, adapter as FastifyAdapter, {
    logger,
    abortOnError: false,
    rawBody,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, decisions, revocations };
}
