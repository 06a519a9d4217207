/**
 * For whom the current request acts, as far as calls to other services need it: known only where a
 * client is registered. Must not know how calls are made.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { OutboundSubject } from '@countersign/token';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { Call } from '../context/call.js';
import { principalOf } from '../context/principal.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { presentedBy } from '../strategies/jwks.strategy.js';
import { NoSubjectError } from './no-subject-error.js';
import { traceContextOf, type TraceContext } from './trace-context.js';

/** The requests under way in one application. @internal */
@Injectable()
export class CallContexts {
  readonly #storage = new AsyncLocalStorage<Call>();

  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  /** Runs what handles a call, and whatever that starts, as part of this call. */
  run<Result>(call: Call, handle: () => Result): Result {
    return this.#storage.run(call, handle);
  }

  /**
   * The user of the current request.
   * @throws NoSubjectError outside of a request, and in one that acts for no user.
   */
  subject(): OutboundSubject {
    const call = this.#storage.getStore();
    if (call === undefined) throw new NoSubjectError('no request is being handled here');
    const principal = principalOf(call.holder);
    if (principal === undefined) throw new NoSubjectError('nobody was authenticated');
    const { subject, expiresAt } = principal;
    if (subject === undefined) throw new NoSubjectError('the caller acts for no user');
    return new CurrentSubject(subject.uri, expiresAt, call, this.#options());
  }

  /** What the current request belongs to, for whoever traces it. */
  trace(): TraceContext {
    const call = this.#storage.getStore();
    return call === undefined ? {} : traceContextOf(call.headers);
  }

  #options(): ResolvedOptions {
    return this.moduleRef.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  }
}

/** Reads the token only where it is exchanged, and shows it to no log. */
class CurrentSubject implements OutboundSubject {
  readonly #call: Call;
  readonly #options: ResolvedOptions;

  constructor(
    readonly uri: string,
    readonly expiresAt: number,
    call: Call,
    options: ResolvedOptions,
  ) {
    this.#call = call;
    this.#options = options;
  }

  get token(): string {
    return presentedBy(this.#call, this.#options).token;
  }
}
