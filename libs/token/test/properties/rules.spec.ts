/** The algebra of rules: what combining and ordering may and may not change. */
import fc from 'fast-check';

import type {
  PolicyRequirement,
  ProtectedRule,
  Requirement,
} from '../../src/lib/authorize/access-rule.js';
import { decide } from '../../src/lib/authorize/decide.js';
import type { Decision, Evidence, PolicyOutcome } from '../../src/lib/authorize/decision.js';
import { policyKey } from '../../src/lib/authorize/policy-key.js';
import type { Principal } from '../../src/lib/types.js';
import { auth, census, user42 } from '../builders.js';

const names = ['One', 'Two', 'Three'];
const policy = (name: string): PolicyRequirement => ({
  kind: 'policy',
  policy: name,
  options: null,
});
const rule = (require: readonly Requirement[]): ProtectedRule => ({
  access: 'protected',
  audience: 'census',
  require,
});

const leaf: fc.Arbitrary<Requirement> = fc.oneof(
  fc.subarray(['herald', 'billing']).map((all) => ({ kind: 'callers' as const, names: all })),
  fc.constantFrom('user' as const, 'none' as const).map((subject) => ({
    kind: 'subject' as const,
    subject,
  })),
  fc.record({
    kind: fc.constant('scopes' as const),
    match: fc.constantFrom('all' as const, 'any' as const),
    scopes: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  }),
  fc.constantFrom(...names).map(policy),
);

const { requirement } = fc.letrec<{ requirement: Requirement }>((tie) => ({
  requirement: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: leaf, weight: 3 },
    {
      arbitrary: fc.record({
        kind: fc.constantFrom('allOf' as const, 'anyOf' as const),
        of: fc.array(tie('requirement'), { maxLength: 3 }),
      }),
      weight: 2,
    },
  ),
}));
const requirements = fc.array(requirement, { maxLength: 4 });

const principal = fc.record<Principal>({
  caller: fc.constantFrom('herald', 'billing', undefined).map((name) => ({
    kind: 'service',
    issuer: auth,
    id: 'client',
    name,
  })),
  subject: fc.constantFrom({ kind: 'user' as const, issuer: auth, uri: user42 }, undefined),
  scopes: fc.subarray(['a', 'b', 'c']),
  audience: fc.constantFrom([census], [census, 'https://other.example/']),
  claims: fc.constant({}),
  expiresAt: fc.constant(0),
});

const consenting = (allowed: (name: string) => boolean): ReadonlyMap<string, PolicyOutcome> =>
  new Map(names.map((name) => [policyKey(policy(name)), { allowed: allowed(name) }]));

/** Evidence in which every policy has been asked. */
const evidence: fc.Arbitrary<Evidence> = fc
  .tuple(principal, fc.subarray(names))
  .map(([who, yes]) => ({
    principal: who,
    audiences: { census },
    policies: consenting((name) => yes.includes(name)),
  }));

const outcome = (require: readonly Requirement[], given: Evidence) =>
  decide(rule(require), given).outcome;

const shuffled = (list: readonly Requirement[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length });

describe('for every rule', () => {
  it('order does not matter, neither of requirements nor inside a combined one', () => {
    const orders = requirements.chain((list) => fc.tuple(fc.constant(list), shuffled(list)));
    fc.assert(
      fc.property(orders, evidence, ([list, other], given) => {
        expect(outcome(other, given)).toBe(outcome(list, given));
        for (const kind of ['allOf', 'anyOf'] as const)
          expect(outcome([{ kind, of: other }], given)).toBe(outcome([{ kind, of: list }], given));
      }),
      { numRuns: 1000 },
    );
  });

  it('a list is the same as one allOf, and saying a thing twice the same as once', () => {
    fc.assert(
      fc.property(requirements, evidence, (list, given) => {
        const said = outcome(list, given);
        expect(outcome([{ kind: 'allOf', of: list }], given)).toBe(said);
        expect(outcome([...list, ...list], given)).toBe(said);
      }),
      { numRuns: 1000 },
    );
  });

  it('one requirement is the same as allOf it and anyOf it', () => {
    fc.assert(
      fc.property(requirement, evidence, (one, given) => {
        const said = outcome([one], given);
        expect(outcome([{ kind: 'allOf', of: [one] }], given)).toBe(said);
        expect(outcome([{ kind: 'anyOf', of: [one] }], given)).toBe(said);
      }),
    );
  });

  it('allOf distributes over anyOf', () => {
    fc.assert(
      fc.property(requirement, requirement, requirement, evidence, (a, b, c, given) => {
        const together = outcome([a, { kind: 'anyOf', of: [b, c] }], given);
        const apart: Requirement = {
          kind: 'anyOf',
          of: [
            { kind: 'allOf', of: [a, b] },
            { kind: 'allOf', of: [a, c] },
          ],
        };
        expect(outcome([apart], given)).toBe(together);
      }),
      { numRuns: 1000 },
    );
  });

  it('an alternative more never refuses what was allowed, and none at all lets nobody in', () => {
    fc.assert(
      fc.property(requirements, requirement, evidence, (list, more, given) => {
        const before = outcome([{ kind: 'anyOf', of: list }], given);
        const after = outcome([{ kind: 'anyOf', of: [...list, more] }], given);
        if (before === 'allowed') expect(after).toBe('allowed');
        expect(outcome([{ kind: 'anyOf', of: [] }], given)).toBe('refused');
      }),
      { numRuns: 1000 },
    );
  });

  it('who holds more scopes is let in wherever one with fewer is', () => {
    fc.assert(
      fc.property(requirements, evidence, (list, given) => {
        const scopes = ['a', 'b', 'c', 'd'];
        const more = { ...given, principal: { ...given.principal, scopes } };
        if (outcome(list, given) === 'allowed') expect(outcome(list, more)).toBe('allowed');
      }),
      { numRuns: 1000 },
    );
  });

  it('a token for another audience is refused, whatever else holds', () => {
    fc.assert(
      fc.property(requirements, evidence, (list, given) => {
        const audience = ['https://other.example/'];
        const elsewhere = { ...given, principal: { ...given.principal, audience } };
        expect(decide(rule(list), elsewhere)).toMatchObject({
          outcome: 'refused',
          code: 'AUDIENCE_MISMATCH',
        });
      }),
    );
  });

  it('policies are asked only where their consent decides: with all of it the rule allows', () => {
    fc.assert(
      fc.property(requirements, evidence, (list, { principal, audiences }) => {
        const unasked = { principal, audiences };
        const asked: Decision = decide(rule(list), unasked);
        const all = decide(rule(list), { ...unasked, policies: consenting(() => true) });
        const none = decide(rule(list), { ...unasked, policies: consenting(() => false) });
        if (asked.outcome === 'pending') {
          expect(asked.policies.length).toBeGreaterThan(0);
          expect(all.outcome).toBe('allowed');
          expect(none.outcome).toBe('refused');
        } else {
          // Nobody was asked, so nobody's answer may matter.
          expect([all.outcome, none.outcome]).toEqual([asked.outcome, asked.outcome]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
