import { randomUUID } from 'node:crypto';

import {
  HttpException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';

/** Names the request that must not reach its handler. */
const FIELD = 'x-access-rehearsal';

/** What was seen of one rehearsed request. @internal */
export interface Rehearsed {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether every guard let it in. */
  isAdmitted(): boolean;
}

/**
 * Stops rehearsed requests right behind the guards, before pipes and handler, and remembers that they
 * came this far: attacks change nothing, whether or not a guard lets them in.
 * @internal
 */
export class Rehearsal implements NestInterceptor {
  readonly #admitted = new Map<string, boolean>();

  /** Announces one request, to be sent with these headers. */
  next(): Rehearsed {
    const id = randomUUID();
    this.#admitted.set(id, false);
    return { headers: { [FIELD]: id }, isAdmitted: () => this.#admitted.get(id) === true };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const id = context.getType() === 'http' ? idOf(context) : undefined;
    // Only whom this very process announced: the field means nothing from anybody else.
    if (id === undefined || !this.#admitted.has(id)) return next.handle();
    this.#admitted.set(id, true);
    throw new HttpException('Let in; stopped before the handler, by the access tests', 418);
  }
}

function idOf(context: ExecutionContext): string | undefined {
  const { headers } = context
    .switchToHttp()
    .getRequest<{ readonly headers: Readonly<Record<string, string | undefined>> }>();
  return headers[FIELD];
}
