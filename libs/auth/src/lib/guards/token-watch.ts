/** What a decision is worth while a call goes on. Must not know transports, nor rules. */
import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import {
  AccessError,
  Trace,
  type Identity,
  type Presented,
  type Principal,
  type ProtectedRule,
} from '@countersign/token';

import { DecisionLog } from '../audit/decision-log.js';
import { RESOLVED_OPTIONS } from '../constants.js';
import type { Call } from '../context/call.js';
import type { Lasting } from '../context/lasting.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { MessageRefusedException } from './message-refused.exception.js';

/** A call that was let in, and lasts. @internal */
export interface Watched {
  readonly context: ExecutionContext;
  readonly rule: ProtectedRule;
  readonly call: Call;
  readonly presented: Presented;
  readonly identity: Identity;
}

/**
 * Ends calls that last when the token they began with holds no longer: when it expires, and, looked at
 * from time to time, when it was revoked, its issuer is no longer trusted, or nobody can tell.
 * @internal
 */
@Injectable()
export class TokenWatch {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly log: DecisionLog,
  ) {}

  begin(watched: Watched, lasting: Lasting): void {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const wait = (): void => {
      if (!isOver)
        timer = setTimeout(look, this.pause(watched.identity.principal, lasting)).unref();
    };
    const look = (): void => {
      this.check(watched.presented).then(wait, (error: unknown) => {
        if (!isOver) lasting.end(this.refusal(watched, error));
      });
    };
    lasting.onOver(() => {
      isOver = true;
      clearTimeout(timer);
    });
    wait();
  }

  /** Just after its expiry, or until it is time to look again. */
  private pause({ expiresAt }: Principal, { recheckMs }: Lasting): number {
    const { clock, clockTolerance } = this.options;
    const left = (expiresAt + clockTolerance - clock.now()) * 1000 + 1;
    return Math.min(Math.max(left, 1), recheckMs);
  }

  private async check(presented: Presented): Promise<void> {
    const { authenticator } = this.options;
    if (authenticator.recall(presented) === undefined)
      await authenticator.authenticate(presented, false);
  }

  /** Whatever went wrong: a call that nobody can vouch for does not go on. */
  private refusal(watched: Watched, error: unknown): Error {
    if (!(error instanceof AccessError)) return error as Error;
    const { context, rule, call, presented, identity } = watched;
    // Nothing of what held when the call began holds the call any longer.
    const findings = { rule, presented, identity, trace: new Trace(), error };
    const decision = this.log.refused({ error, context, call, findings });
    return new MessageRefusedException(error, decision);
  }
}
