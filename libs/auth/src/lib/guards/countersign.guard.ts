/**
 * The second half of the arrow: binding, decision, single use, principal. One guard for every route.
 * Must not know carriers, keys or claims.
 */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import {
  AccessError,
  carriesCredentials,
  checkBinding,
  checkPossession,
  decide,
  policyKey,
  refusalOfRule,
  ruleForIssuer,
  Trace,
  useOnce,
  useProofOnce,
  type Decision,
  type DpopProof,
  type Findings,
  type Identity,
  type PolicyOutcome,
  type PolicyRequirement,
  type Presented,
  type Principal,
  type ProtectedRule,
  type VerifiedToken,
} from '@countersign/token';

import { beginningOfDecision } from '../audit/decision-channel.js';
import { DecisionLog } from '../audit/decision-log.js';
import { RESOLVED_OPTIONS } from '../constants.js';
import { callOf } from '../context/call-of.js';
import type { Call } from '../context/call.js';
import { Sender } from '../context/sender.js';
import { showToken } from '../context/shown-token.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';
import { JwksStrategy, presentedBy, runStrategy } from '../strategies/jwks.strategy.js';
import { Policies } from './policies.js';
import { refusalOf } from './refusal-of.js';
import { RouteRules } from './route-rules.js';
import { TokenWatch } from './token-watch.js';

/** A call at a protected route. */
interface Met {
  readonly context: ExecutionContext;
  readonly rule: ProtectedRule;
  readonly call: Call;
  /** When it was met, where somebody measures. */
  readonly since: number | undefined;
}

/** One that presents a token. */
interface Visit extends Met {
  readonly presented: Presented;
  /** What the sender signed for this call, if the token is bound to its key. */
  readonly proof?: DpopProof;
  /** What the verifier found; left out where the token was remembered. */
  readonly trace?: Trace;
}

/** How far a visit got when it was refused. */
type Found = Omit<Findings, 'rule' | 'presented' | 'trace' | 'error'>;

type Pending = Extract<Decision, { outcome: 'pending' }>;
type Concluded = Exclude<Decision, Pending>;

/** Of a visit that got as far as its rule. */
const whole = { isProven: true, isCompared: true } as const;

/**
 * Authenticates and authorizes every HTTP request by the rule of its route, and every message by
 * that of its handler; closed by default.
 *
 * Refusals are logged with a decision id and thrown as `AccessException`, those of messages as
 * `MessageRefusedException`. Anything unexpected (a throwing policy, a route without a rule, another
 * transport) is thrown as it is: an error, never an open door.
 * @publicApi
 */
@Injectable()
export class CountersignGuard implements CanActivate {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly strategy: JwksStrategy,
    private readonly rules: RouteRules,
    private readonly policies: Policies,
    private readonly log: DecisionLog,
    private readonly watch: TokenWatch,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const call = callOf(context);
    const route = this.rules.of(context.getClass(), context.getHandler());
    const { rule, takesToken } = route;
    if (rule.access === 'public') {
      if (route.isUndeclared) this.log.undeclared(context, call);
      return true;
    }
    const since = beginningOfDecision();
    const met: Met = { context, rule, call, since };
    const presented = this.read(met);
    if (presented === undefined) return this.letIn(met);
    if (takesToken) showToken(call.holder, presented.token);
    const visit: Visit = { context, rule, call, since, presented };
    const known = isForOneUse(rule) ? undefined : this.recall(visit);
    // A token that is known costs no promise; only a stranger is worth passport and a signature.
    return known === undefined ? this.meet(visit) : this.admit(visit, known);
  }

  /** Undefined only where the rule lets in calls that carry no credentials, of whatever kind. */
  private read(met: Met): Presented | undefined {
    const { rule, call } = met;
    try {
      return presentedBy(call, this.options);
    } catch (error) {
      if (rule.optional === true && !carriesCredentials(call.credentials)) return undefined;
      return this.refuse(met, error);
    }
  }

  private recall(visit: Visit): Identity | undefined {
    try {
      return this.options.authenticator.recall(visit.presented);
    } catch (error) {
      return this.refuse(visit, error);
    }
  }

  private async meet(visit: Visit): Promise<true> {
    const met = { ...visit, trace: new Trace() };
    const how = { remember: !isForOneUse(visit.rule), trace: met.trace };
    const identity = await runStrategy(this.strategy, visit.call, how).catch((error: unknown) =>
      this.refuse(met, error),
    );
    return this.admit(met, identity);
  }

  /** Whoever it is, known or not, has to hold what the token is bound to. */
  private admit(met: Visit, identity: Identity): true | Promise<true> {
    const rule = ruleForIssuer(met.rule, identity.verified.issuer);
    const visit = rule === met.rule ? met : { ...met, rule };
    const proof = this.prove(visit, identity);
    return proof === undefined
      ? this.authorize(visit, identity)
      : proof.then(
          (held) => this.authorize({ ...visit, proof: held }, identity),
          (error: unknown) => this.refuse(visit, error, { identity }),
        );
  }

  private prove(visit: Visit, identity: Identity): undefined | Promise<DpopProof> {
    const { presented, call, rule } = visit;
    // A proof is good for one request: that which made the connection.
    if (presented.carrier === 'DPoP' && call.isProven) return undefined;
    const { dpop, publicUrl } = this.options;
    const policy = isDpopOn(dpop) ? dpop.policy : undefined;
    try {
      const sender = new Sender(presented, call, publicUrl);
      return checkPossession(identity.verified, sender, policy, rule.senderConstrained);
    } catch (error) {
      return this.refuse(visit, error, { identity });
    }
  }

  private authorize(visit: Visit, identity: Identity): true | Promise<true> {
    const { principal } = identity;
    this.compare(visit, identity);
    const decision = decide(visit.rule, { principal, audiences: this.options.audiences });
    if (decision.outcome !== 'pending') return this.conclude(visit, identity, decision);
    return this.consult(visit, identity, decision).catch((error: unknown) =>
      this.refuse(visit, error, { ...whole, identity, decision }),
    );
  }

  /** Whether the token was signed for this request, where the rule wants that. */
  private compare(visit: Visit, identity: Identity): void {
    const { call, rule, proof } = visit;
    if (rule.bound === undefined || call.isProven) return;
    const { publicUrl, audiences, maxBodyBytes } = this.options;
    const baseUrl = call.baseUrl({ publicUrl, audience: audiences[rule.audience] });
    try {
      const policy = { publicUrl: baseUrl, maxBodyBytes };
      checkBinding(rule.bound, identity.verified, call, policy, proof);
    } catch (error) {
      this.refuse(visit, error, { identity, isProven: true });
    }
  }

  /** Asks the policies that the decision waits for. */
  private async consult(visit: Visit, identity: Identity, first: Pending): Promise<true> {
    const { principal } = identity;
    const { audiences } = this.options;
    const policies = new Map<string, PolicyOutcome>();
    let decision: Decision = first;
    while (decision.outcome === 'pending') {
      for (const policy of decision.policies)
        policies.set(policyKey(policy), await this.evaluate(policy, principal, visit.call));
      decision = decide(visit.rule, { principal, audiences, policies });
    }
    return this.conclude(visit, identity, decision);
  }

  private conclude(visit: Visit, identity: Identity, decision: Concluded): true | Promise<true> {
    if (decision.outcome === 'refused')
      return this.refuse(visit, refusalOfRule(decision, visit.rule, identity), {
        ...whole,
        identity,
        decision,
      });
    if (!isForOneUse(visit.rule) && visit.proof === undefined)
      return this.grant(visit, identity, decision);
    // Last: what is refused for another reason must not use a token up, nor fill the store.
    return visit.call
      .useUp(() => this.useUp(visit, identity.verified))
      .then(
        () => this.grant(visit, identity, decision),
        (error: unknown) => this.refuse(visit, error, { ...whole, identity, decision }),
      );
  }

  private async useUp({ rule, proof }: Visit, verified: VerifiedToken): Promise<void> {
    const { dpop, replay, clockTolerance } = this.options;
    if (proof !== undefined && isDpopOn(dpop))
      await useProofOnce(proof, dpop.replay, clockTolerance);
    if (!isForOneUse(rule)) return;
    if (replay === undefined) throw new TypeError('a route for single use needs a replay store');
    if (replay !== 'off') await useOnce(verified, replay, clockTolerance);
  }

  private grant(visit: Visit, identity: Identity, decision: Concluded): true {
    const { lasting } = visit.call;
    this.letIn(visit, identity, decision);
    if (lasting !== undefined) this.watch.begin({ ...visit, identity }, lasting);
    return true;
  }

  private letIn(met: Met, identity?: Identity, decision?: Decision): true {
    met.call.admit(identity?.principal, met.context);
    this.log.granted(met, identity, decision);
    return true;
  }

  private refuse(visit: Met & Partial<Visit>, error: unknown, found: Found = {}): never {
    if (!(error instanceof AccessError)) throw error;
    const { context, call, rule, presented, trace, since } = visit;
    const findings = { rule, presented, trace, ...found, error };
    const decision = this.log.refused({ error, context, call, findings, since });
    throw refusalOf(call, error, decision, rule.audience);
  }

  private async evaluate(
    { policy, options }: PolicyRequirement,
    principal: Principal,
    call: Call,
  ): Promise<PolicyOutcome> {
    const { caller, subject } = principal;
    const { params, data, method, path } = call;
    const found = this.policies.of(policy, call);
    const asked = found instanceof Promise ? await found : found;
    return asked.evaluate(
      { principal, caller, subject, params, data, method, path },
      options as never,
    );
  }
}

/** Whether a token is good for one request here: then it is never recalled, nor worth remembering. */
function isForOneUse({ singleUse }: ProtectedRule): boolean {
  return singleUse === true;
}
