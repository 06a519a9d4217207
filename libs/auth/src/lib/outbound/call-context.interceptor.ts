import { Inject, Injectable, type CallHandler, type ExecutionContext } from '@nestjs/common';
import type { NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';

import { callOf } from '../context/call-of.js';
import { CallContexts } from './call-contexts.js';

/** Lets clients know, after the guard, which call is being handled. @internal */
@Injectable()
export class CallContextInterceptor implements NestInterceptor {
  constructor(@Inject(CallContexts) private readonly contexts: CallContexts) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const call = callOf(context);
    return new Observable((subscriber) =>
      this.contexts.run(call, () => next.handle().subscribe(subscriber)),
    );
  }
}
