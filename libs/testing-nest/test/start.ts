import 'reflect-metadata';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { CountersignTest, trustTestIssuers } from '../src/index.js';

export const adapters = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
] as const;

/** Creates an application as its `main.ts` does. */
export const create = (
  module: Type | DynamicModule,
  adapter: FastifyAdapter | ExpressAdapter = new FastifyAdapter(),
): Promise<INestApplication> =>
  NestFactory.create(module, adapter as FastifyAdapter, {
    rawBody: true,
    logger: false,
    abortOnError: false,
  });

/** The application under test, trusting test issuers. */
export async function start(
  module: Type | DynamicModule,
  adapter?: FastifyAdapter | ExpressAdapter,
): Promise<{ app: INestApplication; t: CountersignTest }> {
  const app = await create(trustTestIssuers(module), adapter);
  return { app, t: await CountersignTest.for(app) };
}
