import type { TraceStep } from '../trace.js';
import type { CombinedRequirement, PolicyRequirement, Requirement } from './access-rule.js';
import { checkCallers } from './check-callers.js';
import { checkPolicy, type PendingStep } from './check-policy.js';
import { checkScopes } from './check-scopes.js';
import { checkSubject } from './check-subject.js';
import type { Evidence } from './decision.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/** What some requirements together say of some evidence. @internal */
export interface Evaluation {
  readonly outcome: TraceStep['outcome'];
  readonly steps: readonly TraceStep[];
  /** How many single checks passed: how far an alternative got. */
  readonly passed: number;
  /** The single check that refused, where the outcome is `failed`. */
  readonly failure?: FailedStep;
  /** What has to be evaluated first, where the outcome is `pending`. */
  readonly policies: readonly PolicyRequirement[];
}

const cost: Readonly<Record<Requirement['kind'], number>> = {
  callers: 0,
  subject: 1,
  scopes: 2,
  allOf: 3,
  anyOf: 3,
  policy: 4,
};

const nothing: Evaluation = { outcome: 'passed', steps: [], passed: 0, policies: [] };

/**
 * All of these requirements, cheapest first, up to the first that fails; none at all is met.
 *
 * Policies are looked at only when everything else has passed, and then all of them are asked for at
 * once: in a request that is allowed each of them has to consent.
 * @internal
 */
export function evaluateAll(all: readonly Requirement[], evidence: Evidence): Evaluation {
  // Most rules demand one thing, and every request is decided.
  if (all.length <= 1) return evaluateEach(all, evidence, nothing);
  const policies = all.filter(({ kind }) => kind === 'policy');
  const others = all.filter(({ kind }) => kind !== 'policy');
  others.sort((a, b) => cost[a.kind] - cost[b.kind]);
  const done = evaluateEach(others, evidence, nothing);
  return done.outcome === 'passed' ? evaluateEach(policies, evidence, done) : done;
}

function evaluateEach(
  requirements: readonly Requirement[],
  evidence: Evidence,
  before: Evaluation,
): Evaluation {
  let done = before;
  for (const requirement of requirements) {
    const next = evaluate(requirement, evidence);
    done = done === nothing ? next : and(done, next);
    if (done.outcome === 'failed') break;
  }
  return done;
}

function and(before: Evaluation, next: Evaluation): Evaluation {
  return {
    ...next,
    outcome: next.outcome === 'passed' ? before.outcome : next.outcome,
    steps: [...before.steps, ...next.steps],
    passed: before.passed + next.passed,
    policies: [...before.policies, ...next.policies],
  };
}

function evaluate(requirement: Requirement, evidence: Evidence): Evaluation {
  switch (requirement.kind) {
    case 'callers':
      return single(checkCallers(requirement, evidence));
    case 'subject':
      return single(checkSubject(requirement, evidence));
    case 'scopes':
      return single(checkScopes(requirement, evidence));
    case 'policy':
      return asked(checkPolicy(requirement, evidence), requirement);
    case 'allOf':
      return combined(requirement, evaluateAll(requirement.of, evidence));
    case 'anyOf':
      return combined(requirement, evaluateAny(requirement.of, evidence));
    default:
      throw new TypeError('a requirement of an unknown kind');
  }
}

function single(step: PassedStep | FailedStep): Evaluation {
  const { outcome } = step;
  return outcome === 'failed'
    ? { outcome, steps: [step], passed: 0, failure: step, policies: [] }
    : { outcome, steps: [step], passed: 1, policies: [] };
}

function asked(step: PassedStep | FailedStep | PendingStep, policy: PolicyRequirement): Evaluation {
  const { outcome } = step;
  return outcome === 'pending'
    ? { outcome, steps: [step], passed: 0, policies: [policy] }
    : single(step);
}

function combined({ kind }: CombinedRequirement, inner: Evaluation): Evaluation {
  return { ...inner, steps: [{ check: kind, outcome: inner.outcome, steps: inner.steps }] };
}

/**
 * One of these alternatives: the first that is met ends it, else the first that is pending is asked
 * for alone, because its consent would be enough; else the one that got furthest gives the reason.
 */
function evaluateAny(alternatives: readonly Requirement[], evidence: Evidence): Evaluation {
  const seen: Evaluation[] = [];
  for (const alternative of alternatives) {
    const evaluation = evaluate(alternative, evidence);
    seen.push(evaluation);
    if (evaluation.outcome === 'passed') break;
  }
  const chosen =
    seen.find(({ outcome }) => outcome === 'passed') ??
    seen.find(({ outcome }) => outcome === 'pending') ??
    furthest(seen);
  return { ...chosen, steps: seen.flatMap(({ steps }) => steps) };
}

/** The most checks passed, the first of equals; without an alternative nobody may call. */
function furthest(refused: readonly Evaluation[]): Evaluation {
  const nobody = single(stepOf('anyOf', false, 'CALLER_FORBIDDEN', 'an alternative', 'none'));
  const [first = nobody, ...others] = refused;
  return others.reduce((best, next) => (next.passed > best.passed ? next : best), first);
}
