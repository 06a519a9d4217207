import { accessErrors, type AccessErrorCode } from '@countersign/token';

import { describeActor } from './actor.js';
import type { AttackKind, PlannedAttack } from './plan-attacks.js';
import type { Rehearsal } from './rehearsal.js';
import { codeOf, describeAnswer, send, type Answer } from './send.js';
import { credentialsOf } from './test-credentials.js';
import { contentOf, type RequestOptions } from './test-request.js';

/** What a route is asked with, where `1` for each parameter and `{}` as content will not do. @publicApi */
export interface RouteRequest extends RequestOptions {
  readonly params?: Readonly<Record<string, string>>;
}

/** One attack of a route. @publicApi */
export interface AccessAttack {
  readonly kind: AttackKind;
  /** `GET /user/:id`. */
  readonly route: string;
  /** As whom, for messages. */
  readonly by: string;
  /** Makes the request; resolves with what went wrong, or with undefined. Never reaches a handler. */
  run(): Promise<string | undefined>;
}

/** Where attacks are run. @internal */
export interface Arena {
  readonly url: string;
  readonly publicUrl: string | undefined;
  readonly rehearsal: Rehearsal;
}

interface Outcome {
  readonly answer: Answer;
  readonly isAdmitted: boolean;
}

/** @internal */
export function accessAttack(
  plan: PlannedAttack,
  arena: Arena,
  request: RouteRequest,
): AccessAttack {
  const { kind, route, actor, problem } = plan;
  return {
    kind,
    route: route.route,
    by: actor === undefined ? 'nobody' : describeActor(actor),
    run: async () => problem ?? judge(plan, await attempt(plan, arena, request)),
  };
}

/** Sends what the plan says; a token that is to be used twice, twice. */
async function attempt(
  plan: PlannedAttack,
  arena: Arena,
  request: RouteRequest,
): Promise<readonly Outcome[]> {
  const { actor, audience, change, tampering, isConstrained, route } = plan;
  const { method } = route;
  const { publicUrl, rehearsal } = arena;
  const target = targetOf(route.path, request.params ?? {});
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? (request.body ?? {}) : request.body;
  const { content, headers } = contentOf({ body });
  const occasion = { audience, method, target, content, publicUrl, tampering, isConstrained };
  const isUnsigned = change === 'unsigned';
  const credentials = actor ? credentialsOf(actor, { ...occasion, isUnsigned }) : {};
  const outcomes: Outcome[] = [];
  for (let times = change === 'twice' ? 2 : 1; times > 0; times -= 1) {
    const seen = rehearsal.next();
    const answer = await send(arena.url, {
      method,
      target: change === 'url' ? `${target}?changed=1` : target,
      headers: { ...headers, ...request.headers, ...credentials, ...seen.headers },
      content: change === 'content' ? Buffer.from('{"changed":"content"}') : content,
    });
    outcomes.push({ answer, isAdmitted: seen.isAdmitted() });
  }
  return outcomes;
}

function judge(plan: PlannedAttack, outcomes: readonly Outcome[]): string | undefined {
  const last = outcomes.at(-1) as Outcome;
  if (plan.expected === undefined) return judgeGrant(plan, last);
  const first = outcomes[0] as Outcome;
  if (first !== last && !first.isAdmitted)
    return `its first use was not let in: ${describeAnswer(first.answer)}`;
  return judgeRefusal(plan.expected, last);
}

function judgeRefusal(expected: AccessErrorCode, { answer, isAdmitted }: Outcome) {
  const { status } = accessErrors[expected];
  if (isAdmitted) return `expected ${status} ${expected}, but it was let in`;
  const isRefused = answer.status === status && codeOf(answer) === expected;
  return isRefused ? undefined : `expected ${status} ${expected}, got ${describeAnswer(answer)}`;
}

/** A policy that says no has been asked: all the rest of the rule held. */
function judgeGrant({ asksPolicy, route }: PlannedAttack, { answer, isAdmitted }: Outcome) {
  const code = codeOf(answer);
  if (isAdmitted || (asksPolicy === true && code === 'POLICY_REFUSED')) return undefined;
  // A public route may be answered without Nest's pipeline; it must not be refused.
  const isRefused = code !== undefined && Object.hasOwn(accessErrors, code);
  if (route.rule.access === 'public' && !isRefused && answer.status !== 404) return undefined;
  return `should be let in, got ${describeAnswer(answer)}`;
}

/** `*rest` and `*` stand for any path, `{...}` for what may be left out. */
function targetOf(path: string, params: Readonly<Record<string, string>>): string {
  return path
    .replace(/\{[^}]*\}/g, '')
    .replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? '1'))
    .replace(/\*\w*/g, '1');
}
