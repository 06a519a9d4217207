import type { Type } from '@nestjs/common';
import type { ExpressAdapter } from '@nestjs/platform-express';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

import { adapters, run, type Lines } from './adapters.js';
import { plainClient, request, serveMessages } from './message-service.js';

/** A handler that has a route and a pattern. */
export interface Target {
  readonly method?: string;
  readonly path: string;
  readonly pattern: string;
}

/** How a call ended, whatever carried it. */
export interface Outcome {
  /** Absent of a call that was let in. */
  readonly code?: string;
  readonly retryAfter?: number;
}

/** A service, and how to call it over its transport. */
export interface Service extends Lines {
  call(target: Target, fields?: Readonly<Record<string, string>>): Promise<Outcome>;
  close(): Promise<void>;
}

type StartService = (module: Type) => Promise<Service>;

const overHttp =
  (makeAdapter: () => FastifyAdapter | ExpressAdapter): StartService =>
  async (module) => {
    const { app, url, ...lines } = await run(module, makeAdapter(), { rawBody: true });
    const call: Service['call'] = async ({ method = 'GET', path }, headers = {}) => {
      const response = await fetch(url + path, { method, headers });
      const text = await response.text();
      if (response.ok) return {};
      const retryAfter = response.headers.get('retry-after');
      const { code } = JSON.parse(text) as { code: string };
      return { code, ...(retryAfter !== null && { retryAfter: Number(retryAfter) }) };
    };
    return { ...lines, call, close: () => app.close() };
  };

const overTcp: StartService = async (module) => {
  const { app, port, ...lines } = await serveMessages(module);
  const call: Service['call'] = async ({ pattern }, metadata = {}) => {
    try {
      await request(plainClient(port, metadata), pattern);
      return {};
    } catch (error) {
      // A connection that ends has no code, and so is no answer.
      const { code, retryAfter } = error as { code: string; retryAfter?: number };
      expect(error).toMatchObject({ status: 'error', code: expect.any(String) });
      return { code, ...(retryAfter !== undefined && { retryAfter }) };
    }
  };
  return { ...lines, call, close: () => app.close() };
};

/** Every transport the guard is promised to work on. */
export const transports: readonly (readonly [string, StartService])[] = [
  ...adapters.map(([name, makeAdapter]) => [name, overHttp(makeAdapter)] as const),
  ['TCP', overTcp],
];
