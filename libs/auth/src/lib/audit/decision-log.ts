import { randomBytes } from 'node:crypto';

import { Inject, Injectable, Logger, type ExecutionContext } from '@nestjs/common';
import type { AccessError, Json, Principal, ProtectedRule } from '@countersign/token';

import { RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import type { Call } from '../context/call.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { tellDecision, tellUndeclared } from './decision-channel.js';
import { LineBudget } from './line-budget.js';

/** What the guard knows when it refuses. @internal */
export interface Refusal {
  readonly error: AccessError;
  readonly context: ExecutionContext;
  readonly call: Call;
  readonly rule: ProtectedRule;
  /** Known only when the token itself held. */
  readonly principal: Principal | undefined;
}

/** What the guard knows when it lets somebody in. @internal */
export interface Grant {
  readonly context: ExecutionContext;
  readonly call: Call;
  readonly rule: ProtectedRule;
  /** Nobody, where the rule lets in calls without a token. */
  readonly principal: Principal | undefined;
}

const MAX_TEXT = 256;

/** Lines about refusals: enough for every mistake of a fleet, and little for a flood. */
const BURST = 1_000;
const PER_SECOND = 100;

/**
 * Explains every refusal in one log line under a decision id: code, expected, got, fix, who and
 * where. Never holds a token; foreign text in it is cut to 256 characters. In a flood of refusals
 * (over 100 a second, after 1,000) only a sample is explained, and `suppressed` counts the others.
 * @internal
 */
@Injectable()
export class DecisionLog {
  private readonly logger = new Logger('Countersign');
  private readonly budget: LineBudget;
  private readonly undeclaredBudget: LineBudget;

  constructor(
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.budget = new LineBudget(options.clock, BURST, PER_SECOND);
    this.undeclaredBudget = new LineBudget(options.clock, BURST, PER_SECOND);
  }

  /** Writes the line, unless too many are written, and returns its decision id. */
  refused({ error, context, call, rule, principal }: Refusal): string {
    tellDecision(this.service, error.code);
    const decision = randomBytes(12).toString('base64url');
    const { isGranted, suppressed } = this.budget.spend();
    if (!isGranted) return decision;
    this.logger.warn(
      bounded({
        event: 'access.refused',
        decision,
        service: this.service,
        code: error.code,
        status: error.status,
        ...where(context, call, rule),
        ...who(principal),
        ...error.detail,
        cause: error.cause instanceof Error ? error.cause.message : undefined,
        ...(suppressed > 0 && { suppressed }),
      }),
    );
    return decision;
  }

  /** Tells of a call to a handler without a rule, which is let through while the application moves here. */
  undeclared(context: ExecutionContext, { method, path }: Call): void {
    tellUndeclared(this.service);
    const { isGranted, suppressed } = this.undeclaredBudget.spend();
    if (!isGranted) return;
    this.logger.warn(
      bounded({
        event: 'access.undeclared',
        service: this.service,
        method,
        path,
        handler: handlerOf(context),
        ...(suppressed > 0 && { suppressed }),
      }),
    );
  }

  /** Writes who was let in where, just before the handler runs, if the options want to know. */
  granted({ context, call, rule, principal }: Grant): void {
    tellDecision(this.service);
    if (this.options.decisions !== 'all') return;
    this.logger.debug(
      bounded({
        event: 'access.granted',
        service: this.service,
        ...where(context, call, rule),
        ...who(principal),
      }),
    );
  }
}

function where(context: ExecutionContext, { method, path }: Call, rule: ProtectedRule) {
  return { method, path, handler: handlerOf(context), audience: rule.audience };
}

function handlerOf(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}

const who = (principal: Principal | undefined) => ({
  caller: principal && (principal.caller.name ?? principal.caller.id),
  subject: principal?.subject?.uri,
  scopes: principal?.scopes,
  relaxed: principal?.relaxed,
});

type Loggable = Json | undefined | { readonly [name: string]: Loggable };

/** Cuts and escapes every string, so that what a stranger wrote can neither fill nor bend the log. */
function bounded(value: Loggable): Loggable {
  if (typeof value === 'string')
    return visible(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  if (Array.isArray(value)) return value.slice(0, 64).map(bounded) as Json[];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bounded(member)]));
}

// Controls (JSON leaves those above ASCII as they are, and terminals obey them), bidi overrides and
// other invisible characters, line and paragraph separators.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
