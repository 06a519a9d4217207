import { randomUUID } from 'node:crypto';

import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { failureOf } from './failure-of.js';
import { ProblemException } from './problem.exception.js';
import type { ErrorShape, Failure } from './problem.js';
import { problemShape } from './problem.js';
import { sendFailure } from './send-failure.js';

/** Seconds until a database that is gone may be back. */
const DATABASE_RETRY_AFTER = 2;

/**
 * The last filter: everything no other filter answers. A fault of ours becomes 500 without a word
 * about it; the log has it under the incident id that the caller gets.
 * @internal
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly shapes: readonly ErrorShape[] = []) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent || reply.raw.headersSent) {
      this.logger.error(exception);
      reply.raw.destroy();
      return;
    }
    // The caller hung up: nobody reads the answer, and nothing of ours has failed.
    if (request.raw.errored === exception) {
      sendFailure(reply, problemShape, { status: 400 });
      return;
    }
    const failure = this.recorded(failureOf(exception), exception, request);
    const shape = this.shapes.find((candidate) => candidate.matches(routeOf(request)));
    const retryAfter = retryAfterOf(exception, failure);
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    sendFailure(reply, shape ?? problemShape, failure);
  }

  private recorded(failure: Failure, exception: unknown, request: FastifyRequest): Failure {
    if (failure.status < 500 || exception instanceof HttpException) return failure;
    const incident = randomUUID();
    this.logger.error({
      event: 'request.failed',
      incident,
      method: request.method,
      route: request.routeOptions?.url,
      err: exception,
    });
    return { ...failure, members: { ...failure.members, incident } };
  }
}

/** Seconds; also for what failed with 503 without saying when to come back. */
function retryAfterOf(exception: unknown, { status }: Failure): number | undefined {
  if (exception instanceof ProblemException) return exception.retryAfter;
  return status === 503 && !(exception instanceof HttpException) ? DATABASE_RETRY_AFTER : undefined;
}

/** One route has many spellings (`//a`, `/%61`): where there is one, its own counts. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions?.url ?? (request.raw.url ?? '/').replace(/\?.*$/s, '');
}
