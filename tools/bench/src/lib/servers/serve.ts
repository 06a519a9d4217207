import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

/** What a server process answers its parent. */
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'cpu'; readonly micros: number };

/** Serves a Nest module on a free port and reports its own CPU time whenever the parent asks. */
export async function serve(module: Type): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: ['error'],
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    report({ kind: 'cpu', micros: user + system });
  });
  process.on('disconnect', () => process.exit(0));
  report({ kind: 'listening', port });
}

function report(message: ServerMessage): void {
  process.send?.(message);
}
