/**
 * What would become of a token at a route, by the very engine that the guard runs. Knows no request:
 * what a sender has to prove, what a token was signed for and what policies say is left open.
 */
import type { ProtectedRule } from '../authorize/access-rule.js';
import { decide } from '../authorize/decide.js';
import { ruleForIssuer } from '../authorize/rule-for-issuer.js';
import { createAuthenticator, type Identity } from '../cache/create-authenticator.js';
import { AccessError } from '../errors.js';
import { readConfirmation } from '../possession/read-confirmation.js';
import { Trace, type TraceStep } from '../trace.js';
import type { Presented } from '../types.js';
import type { VerificationPolicy } from '../verify/verification-policy.js';
import { refusalOfRule } from './refusal-of-rule.js';
import { traceOf } from './trace-of.js';

/** Where a token would be presented. @publicApi */
export interface ExplainedRoute {
  readonly rule: ProtectedRule;
  /** The service's audiences: name in rules -> URI in tokens. */
  readonly audiences: Readonly<Record<string, string>>;
}

/** What would become of a token. @publicApi */
export interface Explanation {
  /** `pending`: all that can be told without a request holds. */
  readonly outcome: 'granted' | 'refused' | 'pending';
  readonly trace: readonly TraceStep[];
  /** What refuses. */
  readonly error?: AccessError;
  /** Who presents it, if the token holds. */
  readonly identity?: Identity;
}

/**
 * Verifies a token and holds it against the rule of a route; tells every step. Uses nothing up,
 * remembers nothing, and never throws for a refusal.
 *
 * @example
 * const { outcome, trace } = await explainToken({ token, carrier: 'Bearer' }, policy, route);
 * @publicApi
 */
export async function explainToken(
  presented: Presented,
  policy: VerificationPolicy,
  route: ExplainedRoute,
): Promise<Explanation> {
  const trace = new Trace();
  const now = policy.clock.now();
  let identity: Identity;
  try {
    identity = await createAuthenticator(policy, 'off').authenticate(presented, false, trace);
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const findings = { rule: route.rule, presented, trace, error };
    return { outcome: 'refused', trace: traceOf(findings, now), error };
  }
  const rule = ruleForIssuer(route.rule, identity.verified.issuer);
  const decision = decide(rule, { principal: identity.principal, audiences: route.audiences });
  const steps = traceOf({ rule, presented, trace, identity, decision }, now);
  if (decision.outcome === 'refused')
    return {
      outcome: 'refused',
      trace: steps,
      identity,
      error: refusalOfRule(decision, rule, identity),
    };
  try {
    const open = openSteps(identity, rule);
    const isOpen = open.length > 0 || decision.outcome === 'pending';
    return { outcome: isOpen ? 'pending' : 'granted', trace: [...steps, ...open], identity };
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const findings = { rule, presented, trace, identity, decision, error };
    return { outcome: 'refused', trace: traceOf(findings, now), error, identity };
  }
}

/** What only the service can tell, of a request; throws for a token that nobody can prove to hold. */
function openSteps({ verified }: Identity, rule: ProtectedRule): readonly TraceStep[] {
  const isBound = rule.senderConstrained === true || readConfirmation(verified) !== undefined;
  return [
    ...(isBound
      ? [pending('possession', 'the key or certificate that the token is bound to')]
      : []),
    ...(rule.bound === undefined ? [] : [pending('binding', `signed for this ${rule.bound}`)]),
    ...(rule.singleUse === true ? [pending('single use', 'a token that was never used')] : []),
  ];
}

const pending = (check: string, expected: string): TraceStep => ({
  check,
  outcome: 'pending',
  expected,
});
