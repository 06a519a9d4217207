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

/** What an application logged, while it ran. */
export interface Lines {
  /** The decision lines that the application logged. */
  readonly decisions: Record<string, unknown>[];
  /** What it logged about revocation feeds. */
  readonly revocations: Record<string, unknown>[];
  /** What it logged about whom it trusts. */
  readonly trust: Record<string, unknown>[];
  /** What it logged about messages that went nowhere. */
  readonly drops: Record<string, unknown>[];
  /** What it logged about handlers without a rule. */
  readonly undeclared: Record<string, unknown>[];
  /** Tables that it logged. */
  readonly table: string[];
  /** What it logged about explaining itself. */
  readonly explain: Record<string, unknown>[];
}

/** A running application on a real socket. */
export interface Running extends Lines {
  readonly app: INestApplication;
  readonly url: string;
}

/** A logger that keeps the lines of the library, by their kind. */
export function keepLines(): { readonly logger: LoggerService; readonly lines: Lines } {
  const lines: Lines = {
    decisions: [],
    revocations: [],
    trust: [],
    drops: [],
    undeclared: [],
    table: [],
    explain: [],
  };
  const kinds = {
    access: lines.decisions,
    revocation: lines.revocations,
    trust: lines.trust,
    message: lines.drops,
    undeclared: lines.undeclared,
    explain: lines.explain,
  };
  const keep = (message: unknown) => {
    if (typeof message === 'string' && message.includes('---')) lines.table.push(`${message}\n`);
    const [kind] = String((message as { event?: string }).event).split('.');
    (kinds as Record<string, Record<string, unknown>[] | undefined>)[kind as string]?.push(
      message as Record<string, unknown>,
    );
  };
  return { lines, logger: { log: keep, error: keep, warn: keep, debug: keep } };
}

/** Starts a module on 127.0.0.1 and a free port, and keeps what it logs. */
export async function run(
  module: Type,
  adapter: FastifyAdapter | ExpressAdapter,
  { rawBody = false }: { readonly rawBody?: boolean } = {},
): Promise<Running> {
  const { logger, lines } = keepLines();
  const app = await NestFactory.create(module, adapter as FastifyAdapter, {
    logger,
    abortOnError: false,
    rawBody,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, ...lines };
}
