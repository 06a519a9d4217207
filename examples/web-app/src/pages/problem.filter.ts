import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { SessionEndedError } from '../login/login-error.js';
import { problemOf } from './problem-of.js';
import { problemPage } from './problem.page.js';

/** Answers every failure with a page; whoever has to log in again is led there. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (error instanceof SessionEndedError) return void reply.redirect('/?ended', 303);
    const problem = problemOf(error);
    this.#log(problem.status, error);
    reply.status(problem.status).header('content-type', 'text/html; charset=utf-8');
    if (problem.status === 503) reply.header('retry-after', '5');
    void reply.send(problemPage(problem));
  }

  #log(status: number, error: unknown): void {
    if (!(error instanceof Error)) return this.#logger.error(`${status} of something thrown`);
    // Of Nest's own, the message may quote the address, and that of a callback holds a code.
    const said = error instanceof HttpException ? '' : `: ${error.message}`;
    const line = `${status} ${error.name}${said}`;
    if (status === 500) this.#logger.error(line, error.stack);
    else this.#logger.warn(line);
  }
}
