import { Inject, Injectable, type CallHandler, type ExecutionContext } from '@nestjs/common';
import type { NestInterceptor } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Observable } from 'rxjs';

import { callOf } from '../context/call-of.js';
import { gateOf } from '../context/message-gate.js';
import { CallContexts } from './call-contexts.js';

/** Lets clients know, after the guard, which call is being handled. @internal */
@Injectable()
export class CallContextInterceptor implements NestInterceptor {
  constructor(
    @Inject(CallContexts) private readonly contexts: CallContexts,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    // Nest leaves global interceptors out where a hybrid application does not inherit them.
    modules.getRpcTargetRegistry<object>().subscribe((server) => {
      const gate = gateOf(server);
      if (gate !== undefined) gate.run = (call, handle) => contexts.run(call, handle);
    });
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const call = callOf(context);
    return new Observable((subscriber) =>
      this.contexts.run(call, () => next.handle().subscribe(subscriber)),
    );
  }
}
