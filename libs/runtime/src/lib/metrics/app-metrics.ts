/** What an app counts. Labels are bounded: nothing that a caller chooses becomes a time series. */
import { decisionChannel, type DecisionMessage } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** Seconds: from what a remembered token takes to what a client gives up on. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The measurements of one app. @internal */
export class AppMetrics {
  readonly registry = new Registry();

  private readonly requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the header fields of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets,
    registers: [this.registry],
  });

  private readonly decisions = new Counter({
    name: 'countersign_decisions_total',
    help: 'Decisions of the guard: granted, the code of the refusal, or undeclared.',
    labelNames: ['service', 'outcome'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    decisionChannel.subscribe(this.onDecision);
  }

  /** Counts a request that was answered, by the template of its route: addresses have no bound. */
  observe(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? 'none';
    const labels = { method: request.method, route, status: reply.statusCode };
    this.requests.observe(labels, reply.elapsedTime / 1_000);
  }

  /** Counts no more. */
  close(): void {
    decisionChannel.unsubscribe(this.onDecision);
    this.registry.clear();
  }

  private readonly onDecision = (message: unknown): void => {
    const { service, code, undeclared } = message as DecisionMessage;
    const outcome = code ?? (undeclared === true ? 'undeclared' : 'granted');
    this.decisions.inc({ service, outcome });
  };
}
