import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { adapterName } from './environment.js';
import type { Listening } from './probe.messages.js';

/** Serves a Nest module on a free port, and says which. */
export async function serve(
  module: Type,
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<void> {
  const adapter = adapterName === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter as FastifyAdapter, {
    logger: ['error', 'warn'],
  });
  await prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.send?.({ kind: 'listening', port } satisfies Listening);
}
