/**
 * What a decision looked at, from the credentials to the single use, told in order. Made after the
 * fact from what the engine found; verifies nothing itself.
 */
import type { ProtectedRule } from '../authorize/access-rule.js';
import type { Decision } from '../authorize/decision.js';
import type { Identity } from '../cache/create-authenticator.js';
import type { AccessError } from '../errors.js';
import { readConfirmation } from '../possession/read-confirmation.js';
import type { Trace, TraceStep } from '../trace.js';
import type { JsonObject, Presented } from '../types.js';
import { timesLeft } from '../verify/check-claims.js';
import { actorsIn } from './actors-in.js';

/** How far a decision got. @publicApi */
export interface Findings {
  readonly rule: ProtectedRule;
  /** Left out where no token could be found. */
  readonly presented?: Presented | undefined;
  /** What the verifier told of the token; left out where it was remembered. */
  readonly trace?: Trace | undefined;
  /** Known when the token held. */
  readonly identity?: Identity | undefined;
  /** Whether its sender proved to be the one that it is bound to, if it is. */
  readonly isProven?: boolean;
  /** Whether it was signed for this request, if the rule wants that. */
  readonly isCompared?: boolean;
  /** What the rule said. */
  readonly decision?: Decision | undefined;
  /** What refused, unless that was the rule. */
  readonly error?: AccessError | undefined;
}

/**
 * The steps of a decision, the last of a refusal being the one that refuses.
 *
 * `now` is in seconds: what is told of a remembered token is how long it holds then.
 * @publicApi
 */
export function traceOf(findings: Findings, now: number): readonly TraceStep[] {
  const { presented, trace, identity, decision, error } = findings;
  const steps: TraceStep[] = [];
  if (presented !== undefined) steps.push(passed('credentials', presented.carrier));
  if (trace !== undefined) steps.push(...trace.steps);
  else if (identity !== undefined) steps.push(...remembered(identity, now));
  if (identity !== undefined) steps.push(...provenSteps(findings, identity));
  if (decision !== undefined) steps.push(...decision.trace);
  if (error !== undefined && decision?.outcome !== 'refused') steps.push(failed(error));
  return steps;
}

/** What is looked at again for a token that held before: nothing of it has to be read for that. */
function remembered({ verified, principal }: Identity, now: number): readonly TraceStep[] {
  const { issuer, kid } = verified;
  return [
    passed('remembered', 'a token that held before, as nothing has changed since'),
    { ...passed('issuer', issuer.issuer), expected: issuer.name },
    ...(issuer.introspection === undefined ? [passed('key', kid ?? '(the only one)')] : []),
    passed('times', timesLeft({ ...verified, notBefore: undefined }, now)),
    ...(issuer.revocation === undefined ? [] : [passed('revocation', 'not revoked')]),
    passed('principal', actorsIn(principal)),
  ];
}

function provenSteps(
  { rule, isProven, isCompared }: Findings,
  { verified }: Identity,
): readonly TraceStep[] {
  const steps: TraceStep[] = [];
  if (isProven === true && readConfirmation(verified) !== undefined)
    steps.push(passed('possession', 'proven by the sender'));
  if (isCompared === true && rule.bound !== undefined)
    steps.push({ ...passed('binding', 'signed for this request'), expected: rule.bound });
  return steps;
}

function passed(check: string, got: string | JsonObject): TraceStep {
  return { check, outcome: 'passed', got };
}

function failed({ code, detail: { check = 'token', expected, got } }: AccessError): TraceStep {
  return {
    check,
    outcome: 'failed',
    code,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
  };
}
