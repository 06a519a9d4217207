/**
 * From rules to attacks: pure data, before anything is signed or sent. What an attack must be answered
 * with follows from the rule alone; that the application obeys it, the sockets have to show.
 */
import {
  decide,
  policyKey,
  ruleForIssuer,
  type AccessErrorCode,
  type PolicyOutcome,
  type ProtectedRule,
  type Requirement,
} from '@countersign/token';

import { principalOf, type Actor } from './actor.js';
import { actorsFor, isConstrained, strangersTo, userOf, type Cast } from './actors-for.js';
import { alternativesOf, type Alternative } from './alternatives.js';
import type { RouteAccess } from './route-access.js';
import { tamperings, type Tampering } from './tampering.js';

/** What is tried, in the words of test names. @publicApi */
export type AttackKind = (typeof attackKinds)[number];

/** Every kind of attack; each becomes one test of `describeAccess`. @publicApi */
export const attackKinds = [
  'lets in whom the rule lets in',
  'refuses requests without a token',
  'refuses tokens for another audience',
  'refuses tokens of issuers nobody trusts',
  'refuses tokens that another key signed',
  'refuses tokens of another type',
  'refuses expired tokens',
  'refuses tokens that are not valid yet',
  'refuses tokens that live too long',
  'refuses tokens without a scope that is asked for',
  'refuses callers who are not named',
  'refuses the other kind of principal',
  'refuses content that was not signed',
  'refuses tokens signed for another URL',
  'refuses tokens that sign no request',
  'refuses tokens that were used before',
  'refuses tokens that are not bound to their sender',
] as const;

/** One request to be made. @internal */
export interface PlannedAttack {
  readonly kind: AttackKind;
  readonly route: RouteAccess;
  /** Undefined for a request without a token, and where nobody can be found. */
  readonly actor: Actor | undefined;
  /** The code that refuses; undefined where it is to be let in. */
  readonly expected: AccessErrorCode | undefined;
  readonly audience: string;
  readonly tampering?: Tampering;
  /** How what is sent differs from what was signed. */
  readonly change?: 'content' | 'url' | 'unsigned' | 'twice';
  readonly isConstrained?: boolean;
  /** Whether a policy is asked, which may refuse whom the rest of the rule lets in. */
  readonly asksPolicy?: boolean;
  /** Why it cannot be tried. */
  readonly problem?: string;
}

const kindOfTampering: Readonly<Record<Tampering, AttackKind>> = {
  audience: 'refuses tokens for another audience',
  issuer: 'refuses tokens of issuers nobody trusts',
  signature: 'refuses tokens that another key signed',
  type: 'refuses tokens of another type',
  expired: 'refuses expired tokens',
  'not-yet-valid': 'refuses tokens that are not valid yet',
  lifetime: 'refuses tokens that live too long',
};

type Audiences = Readonly<Record<string, string>>;

/** Everything that is tried at one route. @internal */
export function planAttacks(
  route: RouteAccess,
  audiences: Audiences,
  cast: Cast,
): readonly PlannedAttack[] {
  const { rule } = route;
  const base = { route, actor: undefined, expected: undefined, audience: '' } as const;
  if (rule.access === 'public') return [{ ...base, kind: 'lets in whom the rule lets in' }];
  const audience = audiences[rule.audience] ?? '';
  const stage = { route, rule, audience, audiences, cast };
  const withoutToken: PlannedAttack =
    rule.optional === true
      ? { ...base, audience, kind: 'lets in whom the rule lets in' }
      : { ...base, audience, kind: 'refuses requests without a token', expected: 'TOKEN_MISSING' };
  return [withoutToken, ...alternativesOf(rule).flatMap((way) => attacksOn(way, stage))];
}

interface Stage {
  readonly route: RouteAccess;
  readonly rule: ProtectedRule;
  readonly audience: string;
  readonly audiences: Audiences;
  readonly cast: Cast;
}

function attacksOn(way: Alternative, stage: Stage): readonly PlannedAttack[] {
  const { route, rule, audience, cast } = stage;
  const actors = actorsFor(way, rule, cast);
  const kind = 'lets in whom the rule lets in';
  if (actors.length === 0)
    return [{ kind, route, actor: undefined, expected: undefined, audience, problem: nobody(way) }];
  return [
    ...actors.flatMap((actor) => [
      planned(stage, kind, actor, undefined, { asksPolicy: way.asksPolicy }),
      ...tampered(stage, actor),
      ...withoutScopes(stage, actor),
      ...asOtherKind(stage, actor),
      ...unproven(stage, actor),
    ]),
    ...strangersTo(way, rule, cast).flatMap((actor) =>
      refusedAs(stage, 'refuses callers who are not named', actor),
    ),
  ];
}

const nobody = ({ callers, subject, scopes, oneOf }: Alternative): string =>
  `nobody the application trusts can satisfy ${JSON.stringify({ callers, subject, scopes, oneOf })}`;

function planned(
  { route, rule, audience }: Stage,
  kind: AttackKind,
  actor: Actor,
  expected: AccessErrorCode | undefined,
  more: Partial<PlannedAttack> = {},
): PlannedAttack {
  const constrained = isConstrained(actor.speaker, rule) && { isConstrained: true };
  return { kind, route, actor, expected, audience, ...constrained, ...more };
}

function tampered(stage: Stage, actor: Actor): readonly PlannedAttack[] {
  return (Object.keys(tamperings) as Tampering[]).map((tampering) => {
    const { code } = tamperings[tampering];
    return planned(stage, kindOfTampering[tampering], actor, code, { tampering });
  });
}

function withoutScopes(stage: Stage, actor: Actor): readonly PlannedAttack[] {
  return actor.scopes.flatMap((missing) => {
    const scopes = actor.scopes.filter((scope) => scope !== missing);
    return refusedAs(stage, 'refuses tokens without a scope that is asked for', {
      ...actor,
      scopes,
    });
  });
}

function asOtherKind(stage: Stage, actor: Actor): readonly PlannedAttack[] {
  const subject = actor.subject === undefined ? userOf(actor.speaker, stage.cast) : undefined;
  if (subject === actor.subject) return [];
  return refusedAs(stage, 'refuses the other kind of principal', { ...actor, subject });
}

function unproven(stage: Stage, actor: Actor): readonly PlannedAttack[] {
  const { bound, singleUse, senderConstrained } = ruleForIssuer(stage.rule, actor.speaker.entry);
  const { method } = stage.route;
  const plan = (
    kind: AttackKind,
    code: AccessErrorCode,
    more: Partial<PlannedAttack>,
  ): PlannedAttack => planned(stage, kind, actor, code, more);
  const unsigned = plan('refuses tokens that sign no request', 'CLAIM_INVALID', {
    change: 'unsigned',
  });
  return [
    ...(bound !== undefined ? [unsigned] : []),
    ...(bound !== undefined && ['POST', 'PUT', 'PATCH'].includes(method)
      ? [plan('refuses content that was not signed', 'BODY_MISMATCH', { change: 'content' })]
      : []),
    ...(bound === 'request'
      ? [plan('refuses tokens signed for another URL', 'REQUEST_MISMATCH', { change: 'url' })]
      : []),
    ...(singleUse === true
      ? [plan('refuses tokens that were used before', 'TOKEN_REPLAYED', { change: 'twice' })]
      : []),
    ...(senderConstrained === true
      ? [
          plan('refuses tokens that are not bound to their sender', 'SENDER_UNCONSTRAINED', {
            isConstrained: false,
          }),
        ]
      : []),
  ];
}

/** An attack only where the rule, with the consent of every policy, refuses this actor. */
function refusedAs(stage: Stage, kind: AttackKind, actor: Actor): readonly PlannedAttack[] {
  const { rule, audience, audiences } = stage;
  const principal = principalOf(actor, audience);
  const decision = decide(rule, { principal, audiences, policies: consents(rule.require) });
  return decision.outcome === 'refused' ? [planned(stage, kind, actor, decision.code)] : [];
}

function consents(requirements: readonly Requirement[]): ReadonlyMap<string, PolicyOutcome> {
  return new Map(
    requirements.flatMap((requirement) => {
      if (requirement.kind === 'policy') return [[policyKey(requirement), { allowed: true }]];
      return 'of' in requirement ? [...consents(requirement.of)] : [];
    }),
  );
}
