import {
  Inject,
  Injectable,
  Logger,
  type ExecutionContext,
  type OnModuleInit,
} from '@nestjs/common';
import {
  traceOf,
  type AccessError,
  type Decision,
  type DecisionRecord,
  type Findings,
  type Identity,
  type IssuerSkew,
  type Principal,
  type ProtectedRule,
} from '@countersign/token';

import { RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import type { Call } from '../context/call.js';
import type { ResolvedOptions } from '../countersign.options.js';
import type { RingBounds } from '../explain/decision-ring.js';
import { instant, KeptDecisions } from '../explain/kept-decisions.js';
import { bounded } from './bounded.js';
import { tellDecision, tellUndeclared } from './decision-channel.js';
import { newDecisionId } from './decision-id.js';
import { LineBudget } from './line-budget.js';

/** A call that something was decided about. @internal */
export interface Decided extends Omit<Findings, 'identity' | 'decision' | 'error'> {
  readonly context: ExecutionContext;
  readonly call: Call;
  /** When it was asked for, where somebody counts. */
  readonly since?: number | undefined;
}

/** What the guard knows when it refuses. @internal */
export interface Refusal {
  readonly error: AccessError;
  readonly context: ExecutionContext;
  readonly call: Call;
  readonly findings: Findings;
  readonly since?: number | undefined;
}

/** Lines about refusals: enough for every mistake of a fleet, and little for a flood. */
const BURST = 1_000;
const PER_SECOND = 100;

/**
 * Explains every refusal in one log line under a decision id: code, expected, got, fix, who and
 * where. Never holds a token; foreign text in it is cut to 256 characters. In a flood of refusals
 * (over 100 a second, after 1,000) only a sample is explained, and `suppressed` counts the others.
 *
 * Whoever wants them keeps the decisions, with all that was looked at: refusals, and grants too where
 * the options log `all`.
 * @internal
 */
@Injectable()
export class DecisionLog implements OnModuleInit {
  private readonly logger = new Logger('Countersign');
  private readonly budget: LineBudget;
  private readonly undeclaredBudget: LineBudget;
  private kept: KeptDecisions | undefined;

  constructor(
    @Inject(SERVICE_NAME) readonly service: string,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.budget = new LineBudget(options.clock, BURST, PER_SECOND);
    this.undeclaredBudget = new LineBudget(options.clock, BURST, PER_SECOND);
    if (options.explain === 'in-response') this.keep({});
  }

  onModuleInit(): void {
    if (this.options.explain !== 'in-response') return;
    this.logger.warn({
      event: 'explain.in_response',
      then: 'whoever is refused is told whom this service trusts and what its rules are',
    });
  }

  /** Issuers whose clock is ahead of ours. */
  get skews(): readonly IssuerSkew[] {
    return this.options.skew.all();
  }

  /** A decision that is kept, if it is. */
  find(decision: string): DecisionRecord | undefined {
    const found = this.kept?.find(decision);
    return found?.is === 'kept' ? found.record : undefined;
  }

  /** Keeps decisions from now on. Throws a TypeError that names the bound that is wrong. */
  keep(bounds: RingBounds): KeptDecisions {
    return (this.kept = new KeptDecisions(bounds, this.options.clock.now()));
  }

  /** Writes the line, unless too many are written, and returns its decision id. */
  refused({ error, context, call, findings, since }: Refusal): string {
    const now = this.options.clock.now();
    const decision = newDecisionId(now);
    tellDecision(this.service, since, { code: error.code, decision });
    const entry = {
      decision,
      service: this.service,
      code: error.code,
      status: error.status,
      ...where(context, call, findings.rule),
    };
    const about = {
      ...error.detail,
      skew: error.code === 'TOKEN_NOT_YET_VALID' ? this.skewOf(error) : undefined,
      cause: error.cause instanceof Error ? error.cause.message : undefined,
    };
    this.kept?.add(
      record({ ...entry, outcome: 'refused', message: error.message, ...about }, findings, now),
    );
    const { isGranted, suppressed } = this.budget.spend();
    if (!isGranted) return decision;
    this.logger.warn(
      bounded({
        event: 'access.refused',
        ...entry,
        ...who(findings.identity?.principal),
        ...about,
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

  /** What signed tokens proved of the issuer, where clocks are the usual reason. */
  private skewOf({ detail: { issuer } }: AccessError) {
    const skew = issuer === undefined ? undefined : this.options.skew.of(issuer);
    return skew && { ...skew };
  }

  /** Writes who was let in where, just before the handler runs, if the options want to know. */
  granted(
    { context, call, rule, presented, trace, since }: Decided,
    identity: Identity | undefined,
    decision: Decision | undefined,
  ): void {
    tellDecision(this.service, since);
    if (this.options.decisions !== 'all') return;
    const { service } = this;
    const entry = where(context, call, rule);
    const actors = who(identity?.principal);
    this.logger.debug(bounded({ event: 'access.granted', service, ...entry, ...actors }));
    if (this.kept === undefined) return;
    const now = this.options.clock.now();
    const findings = { rule, presented, trace, identity, decision, ...whole };
    const made = { decision: newDecisionId(now), service, outcome: 'granted', ...entry } as const;
    this.kept.add(record(made, findings, now));
  }
}

const whole = { isProven: true, isCompared: true } as const;

function record(
  told: Omit<DecisionRecord, 'at' | 'trace' | 'cause' | 'skew'> & {
    readonly cause?: string | undefined;
    readonly skew?: IssuerSkew | undefined;
  },
  findings: Findings,
  now: number,
): DecisionRecord {
  const { caller, subject } = who(findings.identity?.principal);
  const { issuer = findings.identity?.verified.issuer.name } = told;
  return bounded({
    ...told,
    at: instant(now),
    caller,
    subject,
    issuer,
    trace: traceOf(findings, now),
  } as never) as unknown as DecisionRecord;
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
