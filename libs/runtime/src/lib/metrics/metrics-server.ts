import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';

import { AppMetrics } from './app-metrics.js';
import { eventRegistry } from './event-counter.js';

/** Where metrics are served. @internal */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** Injection token of the {@link MetricsAddress}. @internal */
export const METRICS_ADDRESS = Symbol('METRICS_ADDRESS');

/** Milliseconds a request for metrics may take to arrive. */
const requestTimeout = 5_000;

/**
 * Measures an app, and answers `GET /metrics` on a port of its own: what the app is asked by everybody
 * and what its operators ask must not share a door. Answers until the app has closed.
 * @internal
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly metrics = new AppMetrics();
  private readonly server: Server;

  constructor(
    @Inject(HttpAdapterHost) { httpAdapter }: HttpAdapterHost<FastifyAdapter>,
    @Inject(METRICS_ADDRESS) private readonly address: MetricsAddress,
  ) {
    httpAdapter.getInstance().addHook('onResponse', (request, reply, done) => {
      this.metrics.observe(request, reply);
      done();
    });
    this.server = createServer({ requestTimeout, headersTimeout: requestTimeout }, (...call) => {
      this.answer(...call).catch(() => call[1].destroy());
    });
  }

  /** Where it listens, with the real port. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://${this.address.host}:${port}/metrics`;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.server.listen(this.address);
    await once(this.server, 'listening');
    new Logger('Metrics').log({ event: 'metrics.listening', url: this.url });
  }

  async onApplicationShutdown(): Promise<void> {
    this.metrics.close();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isKnown = request.url?.split('?')[0] === '/metrics';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isKnown || !isRead) {
      response.writeHead(isKnown ? 405 : 404, isKnown ? { allow: 'GET, HEAD' } : {}).end();
      return;
    }
    const registry = Registry.merge([this.metrics.registry, eventRegistry]);
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(text);
  }
}
