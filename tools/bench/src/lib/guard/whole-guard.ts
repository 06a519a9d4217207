/** The guard without HTTP around it: what it adds to the bare verification of a signature. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CountersignGuard } from '@countersign/auth';
import { aToken, createTestIssuer } from '@countersign/testing';

import { GuardedController, guardedModule } from '../servers/guarded.module.js';

const AUDIENCE = 'https://things.example/';

/** A guard of a running application, and tokens for it. */
export interface WholeGuard {
  /** CPU microseconds per request of `count`, each with one of the tokens. */
  measure(count: number): Promise<number>;
  close(): Promise<void>;
}

/** Makes a guard that verifies every token in full, or remembers them. */
export async function wholeGuard(
  algorithm: 'ES256' | 'RS256',
  tokenCache: 'off' | undefined,
): Promise<WholeGuard> {
  const issuer = createTestIssuer({ algorithm });
  const module = guardedModule(AUDIENCE, [issuer.trustEntry()], tokenCache);
  const app = await NestFactory.create(module, new FastifyAdapter(), { logger: ['error'] });
  await app.init();
  const guard = guardOf(app);
  const token = aToken().from(issuer).to(AUDIENCE).scopes('things:read').lifetime('1h');
  const tokens = Array.from({ length: 200 }, () => token.sign());
  return {
    measure: async (count) => {
      const contexts = Array.from({ length: count }, (_, n) => contextOf(tokens[n % 200] ?? ''));
      const before = process.cpuUsage();
      for (const context of contexts) await guard.canActivate(context);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / count;
    },
    close: () => app.close(),
  };
}

/** The module binds it with APP_GUARD, where nobody can inject it. */
function guardOf(app: object): CanActivate {
  const config = Reflect.get(app, 'config') as { getGlobalGuards(): CanActivate[] };
  const guard = config.getGlobalGuards().find((found) => found instanceof CountersignGuard);
  if (guard === undefined) throw new Error('the application has no guard');
  return guard;
}

function contextOf(token: string): ExecutionContext {
  const raw = new IncomingMessage(new Socket());
  raw.method = 'GET';
  raw.url = '/thing';
  const headers = ['host', '127.0.0.1', 'connection', 'keep-alive', 'authorization'];
  // What node's HTTP parser calls; without it the message has no header.
  const parsed = raw as unknown as { _addHeaderLines(lines: string[], count: number): void };
  parsed._addHeaderLines([...headers, `Bearer ${token}`], headers.length + 1);
  const request = { raw, params: {} };
  return {
    getType: () => 'http',
    getClass: () => GuardedController,
    getHandler: () => GuardedController.prototype.one,
    switchToHttp: () => ({ getRequest: () => request }),
  } as unknown as ExecutionContext;
}
