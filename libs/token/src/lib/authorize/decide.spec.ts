import fc from 'fast-check';

import type { AccessErrorCode } from '../errors.js';
import type { Principal } from '../types.js';
import type { PolicyRequirement, ProtectedRule, Requirement } from './access-rule.js';
import { decide } from './decide.js';
import type { Decision, Evidence, PolicyOutcome } from './decision.js';
import { policyKey } from './policy-key.js';

const census = 'https://census.example/';
const audiences = { census, admin: 'https://auth.example/admin' };

const principal = (changes: Partial<Principal> = {}): Principal => ({
  caller: { kind: 'service', issuer: 'https://auth.example', id: 'herald-client', name: 'herald' },
  subject: undefined,
  scopes: ['users:read'],
  audience: [census],
  claims: {},
  expiresAt: 0,
  ...changes,
});
const user: Principal['subject'] = {
  kind: 'user',
  issuer: 'https://auth.example',
  uri: 'https://census.example/user/42/',
};
const unnamed: Principal['caller'] = { ...principal().caller, name: undefined };

const rule = (...require: Requirement[]): ProtectedRule => ({
  access: 'protected',
  audience: 'census',
  require,
});
const callers = (...names: string[]): Requirement => ({ kind: 'callers', names });
const scopes = (...names: string[]): Requirement => ({
  kind: 'scopes',
  match: 'all',
  scopes: names,
});
const anyScope = (...names: string[]): Requirement => ({
  kind: 'scopes',
  match: 'any',
  scopes: names,
});
const needsUser: Requirement = { kind: 'subject', subject: 'user' };
const serviceOnly: Requirement = { kind: 'subject', subject: 'none' };
const policy = (name: string, options: PolicyRequirement['options'] = null): PolicyRequirement => ({
  kind: 'policy',
  policy: name,
  options,
});
const allOf = (...of: Requirement[]): Requirement => ({ kind: 'allOf', of });
const anyOf = (...of: Requirement[]): Requirement => ({ kind: 'anyOf', of });
const outcomes = (...known: [PolicyRequirement, PolicyOutcome][]) =>
  new Map(known.map(([requirement, outcome]) => [policyKey(requirement), outcome]));

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  principal: principal(),
  audiences,
  ...changes,
});
const of = (changes: Partial<Principal>) => evidence({ principal: principal(changes) });
const codeOf = (decision: Decision) =>
  decision.outcome === 'refused' ? decision.code : decision.outcome;
const checksOf = (decision: Decision) => decision.trace.map(({ check }) => check);

describe('decide', () => {
  describe('audience', () => {
    it('allows a token that names ours among others', () => {
      const audience = ['https://other.example/', census];
      expect(decide(rule(), of({ audience })).outcome).toBe('allowed');
    });

    it.each([
      ['another service', ['https://billing.example/']],
      ['nobody', []],
      ['ours without the slash', ['https://census.example']],
      ['ours in upper case', ['HTTPS://CENSUS.EXAMPLE/']],
      ['an extension of ours', ['https://census.example/user/']],
      ['the name of the audience', ['census']],
      ['another audience of this service', ['https://auth.example/admin']],
    ])('refuses a token addressed to %s, and looks no further', (_name, audience) => {
      const decision = decide(rule(scopes('nobody:has')), of({ audience }));
      expect(decision).toEqual({
        outcome: 'refused',
        code: 'AUDIENCE_MISMATCH',
        check: 'audience',
        expected: census,
        got: audience,
        trace: [
          {
            check: 'audience',
            outcome: 'failed',
            code: 'AUDIENCE_MISMATCH',
            expected: census,
            got: audience,
          },
        ],
      });
    });

    it.each(['unknown', 'constructor', '__proto__', 'toString'])(
      'refuses a rule whose audience %s the service does not have',
      (audience) => {
        const decision = decide({ ...rule(), audience }, of({ audience: ['undefined', audience] }));
        expect(codeOf(decision)).toBe('AUDIENCE_MISMATCH');
      },
    );
  });

  describe('single requirements', () => {
    const held = ['users:read', 'users:write'];
    it.each<[name: string, requirement: Requirement, principal: Partial<Principal>]>([
      ['a named caller', callers('billing', 'herald'), {}],
      ['a user where one is required', needsUser, { subject: user }],
      ['a service where no user is wanted', serviceOnly, {}],
      ['all scopes', scopes('users:read', 'users:write'), { scopes: held }],
      ['no scopes required', scopes(), { scopes: [] }],
      ['one of the scopes', anyScope('users:admin', 'users:write'), { scopes: held }],
      ['all of nothing', allOf(), {}],
      ['all of two', allOf(callers('herald'), serviceOnly), {}],
      ['the second alternative', anyOf(needsUser, serviceOnly), {}],
    ])('allows %s', (_name, requirement, changes) => {
      expect(decide(rule(requirement), of(changes)).outcome).toBe('allowed');
    });

    it.each<[string, AccessErrorCode, Requirement, Partial<Principal>]>([
      ['another caller', 'CALLER_FORBIDDEN', callers('billing'), {}],
      ['a caller without a name', 'CALLER_FORBIDDEN', callers('herald'), { caller: unnamed }],
      ['a caller named by its id', 'CALLER_FORBIDDEN', callers('herald-client'), {}],
      ['everybody, if no caller is named', 'CALLER_FORBIDDEN', callers(), {}],
      ['a service where a user is required', 'PRINCIPAL_KIND_FORBIDDEN', needsUser, {}],
      ['a user on a service route', 'PRINCIPAL_KIND_FORBIDDEN', serviceOnly, { subject: user }],
      ['one scope of two', 'SCOPE_MISSING', scopes('users:read', 'users:write'), {}],
      ['a scope that only starts alike', 'SCOPE_MISSING', scopes('users:rea'), {}],
      ['a longer scope', 'SCOPE_MISSING', scopes('users:read'), { scopes: ['users:readx'] }],
      ['upper case', 'SCOPE_MISSING', scopes('users:read'), { scopes: ['USERS:READ'] }],
      ['an asterisk', 'SCOPE_MISSING', scopes('users:read'), { scopes: ['*'] }],
      ['none of several scopes', 'SCOPE_MISSING', anyScope('a', 'b'), {}],
      ['any of no scopes', 'SCOPE_MISSING', anyScope(), {}],
      ['an anyOf without alternatives', 'CALLER_FORBIDDEN', anyOf(), {}],
      ['an allOf with one failure', 'PRINCIPAL_KIND_FORBIDDEN', allOf(scopes(), needsUser), {}],
    ])('refuses %s with %s', (_name, code, requirement, changes) => {
      const decision = decide(rule(requirement), of(changes));
      expect(codeOf(decision)).toBe(code);
      expect(decision).toMatchObject({ expected: expect.anything(), got: expect.anything() });
    });

    it('tells an unnamed caller by id and issuer', () => {
      expect(decide(rule(callers('herald')), of({ caller: unnamed }))).toMatchObject({
        expected: ['herald'],
        got: { id: 'herald-client', issuer: 'https://auth.example' },
      });
    });

    it('throws for a requirement of a kind it does not know', () => {
      const unknown = { kind: 'weather', is: 'fine' } as unknown as Requirement;
      expect(() => decide(rule(unknown), evidence())).toThrow(TypeError);
      expect(() => decide(rule(anyOf(allOf(unknown))), evidence())).toThrow(TypeError);
    });
  });

  describe('order', () => {
    const asked = policy('MaySee');
    const shuffled = rule(
      asked,
      anyOf(scopes('users:read')),
      scopes('users:read'),
      needsUser,
      callers('herald'),
    );

    it('looks at the cheapest first, whatever the order of declaration', () => {
      const decision = decide(shuffled, of({ subject: user }));
      const order = ['audience', 'callers', 'subject', 'scopes', 'anyOf', 'policy:MaySee'];
      expect(checksOf(decision)).toEqual(order);
      expect(codeOf(decision)).toBe('pending');
    });

    it.each<[AccessErrorCode, Partial<Principal>]>([
      ['CALLER_FORBIDDEN', { caller: unnamed, scopes: [] }],
      ['PRINCIPAL_KIND_FORBIDDEN', { scopes: [] }],
      ['SCOPE_MISSING', { scopes: [], subject: user }],
    ])('refuses with %s before it asks a policy', (code, changes) => {
      const decision = decide(shuffled, of(changes));
      expect(codeOf(decision)).toBe(code);
      expect(checksOf(decision)).not.toContain('policy:MaySee');
      expect(decision.trace.at(-1)?.code).toBe(code);
    });

    it('leaves the rule as it was declared', () => {
      const before = JSON.stringify(shuffled);
      decide(Object.freeze(shuffled), evidence());
      expect(JSON.stringify(shuffled)).toBe(before);
    });
  });

  describe('policies', () => {
    const [one, two] = [policy('One', { b: 1, a: 2 }), policy('Two')];
    const allowed: PolicyOutcome = { allowed: true };
    const denied: PolicyOutcome = { allowed: false, reason: 'not_owner' };

    it('asks for all policies of one AND, then allows', () => {
      const asked = decide(rule(one, two), evidence());
      expect(asked).toMatchObject({ outcome: 'pending', policies: [one, two] });
      expect(asked.trace.slice(1)).toEqual([
        { check: 'policy:One', outcome: 'pending' },
        { check: 'policy:Two', outcome: 'pending' },
      ]);
      const policies = outcomes([one, allowed], [two, allowed]);
      expect(decide(rule(one, two), evidence({ policies })).outcome).toBe('allowed');
    });

    it('asks only for those it does not know yet', () => {
      const policies = outcomes([two, allowed]);
      const decision = decide(rule(one, two), evidence({ policies }));
      expect(decision).toMatchObject({ outcome: 'pending', policies: [one] });
      const other = decide(rule(two, one), evidence({ policies }));
      expect(other).toMatchObject({ outcome: 'pending', policies: [one] });
    });

    it('asks once for a policy that is named twice', () => {
      const again = policy('One', { a: 2, b: 1 });
      const decision = decide(rule(one, allOf(one), again), evidence());
      expect(decision).toMatchObject({ outcome: 'pending', policies: [one] });
      const side = decide(rule(one, again, two), evidence());
      expect(side.outcome === 'pending' && side.policies).toHaveLength(2);
    });

    it('refuses with the reason of the policy, without asking the others', () => {
      const policies = outcomes([two, denied]);
      expect(decide(rule(one, two), evidence({ policies }))).toMatchObject({
        outcome: 'refused',
        code: 'POLICY_REFUSED',
        got: 'not_owner',
      });
    });

    it('says so when a policy refuses without a reason', () => {
      const policies = outcomes([one, { allowed: false }]);
      expect(decide(rule(one), evidence({ policies }))).toMatchObject({
        code: 'POLICY_REFUSED',
        got: 'refused without a reason',
      });
    });

    it('takes nothing but true for consent', () => {
      for (const answer of ['true', 1, {}, undefined]) {
        const policies = outcomes([one, { allowed: answer } as unknown as PolicyOutcome]);
        expect(codeOf(decide(rule(one), evidence({ policies })))).toBe('POLICY_REFUSED');
      }
    });

    it('tells policies apart by their options', () => {
      const [first, second] = [policy('P', { param: 'id' }), policy('P', { param: 'other' })];
      const policies = outcomes([first, allowed]);
      const decision = decide(rule(first, second), evidence({ policies }));
      expect(decision).toMatchObject({ outcome: 'pending', policies: [second] });
    });

    it('does not ask a policy while a combined requirement is pending', () => {
      const nested = rule(two, allOf(one), scopes('users:read'));
      expect(decide(nested, evidence())).toMatchObject({ outcome: 'pending', policies: [one] });
      const policies = outcomes([one, allowed]);
      const next = decide(nested, evidence({ policies }));
      expect(next).toMatchObject({ outcome: 'pending', policies: [two] });
    });

    it('does not ask the policy of one combined requirement if the next one fails', () => {
      const decision = decide(rule(allOf(one), anyOf(needsUser)), evidence());
      expect(codeOf(decision)).toBe('PRINCIPAL_KIND_FORBIDDEN');
    });
  });

  describe('alternatives', () => {
    const maySee = policy('MaySee');
    const readers = anyOf(
      allOf(scopes('users:read'), needsUser, maySee),
      allOf(scopes('users:read:any'), serviceOnly),
    );
    const denied = outcomes([maySee, { allowed: false, reason: 'another_team' }]);

    it('allows by the second without asking the policy of the first', () => {
      const decision = decide(rule(readers), of({ scopes: ['users:read:any'] }));
      expect(decision.outcome).toBe('allowed');
      expect(decision.trace[1]).toMatchObject({
        check: 'anyOf',
        outcome: 'passed',
        steps: [
          { check: 'allOf', outcome: 'failed', steps: [{ check: 'subject', outcome: 'failed' }] },
          { check: 'allOf', outcome: 'passed' },
        ],
      });
    });

    it('stops at the first that is met', () => {
      const decision = decide(rule(anyOf(serviceOnly, needsUser)), evidence());
      expect(decision.trace[1]?.steps).toHaveLength(1);
    });

    it('is pending while the policy of one may still consent', () => {
      const decision = decide(rule(readers), of({ subject: user }));
      expect(decision).toMatchObject({ outcome: 'pending', policies: [maySee] });
    });

    it('asks one alternative at a time', () => {
      const [one, two] = [policy('One'), policy('Two')];
      const either = rule(anyOf(one, two));
      expect(decide(either, evidence())).toMatchObject({ outcome: 'pending', policies: [one] });
      const policies = outcomes([one, { allowed: false }]);
      const next = decide(either, evidence({ policies }));
      expect(next).toMatchObject({ outcome: 'pending', policies: [two] });
    });

    it('prefers an alternative that is met to one that is pending', () => {
      expect(decide(rule(anyOf(maySee, serviceOnly)), evidence()).outcome).toBe('allowed');
    });

    it('refuses with the code of the one that got furthest', () => {
      const policies = denied;
      const decision = decide(
        rule(readers),
        evidence({ principal: principal({ subject: user }), policies }),
      );
      expect(decision).toMatchObject({ code: 'POLICY_REFUSED', got: 'another_team' });
      const last = rule(anyOf(needsUser, allOf(callers('herald'), scopes('nobody:has'))));
      expect(codeOf(decide(last, evidence()))).toBe('SCOPE_MISSING');
    });

    it('refuses with the code of the first of equals', () => {
      const decision = decide(rule(anyOf(needsUser, callers('billing'))), evidence());
      expect(codeOf(decision)).toBe('PRINCIPAL_KIND_FORBIDDEN');
    });
  });

  describe('for every rule', () => {
    const names = fc.subarray(['herald', 'billing', 'census']);
    const someScopes = fc.subarray(['a', 'b', 'c']);
    const leaf: fc.Arbitrary<Requirement> = fc.oneof(
      names.map((list) => callers(...list)),
      fc.constantFrom(needsUser, serviceOnly),
      someScopes.map((list) => scopes(...list)),
      someScopes.map((list) => anyScope(...list)),
      fc.constantFrom('One', 'Two', 'Three').map((name) => policy(name)),
    );
    const { requirement } = fc.letrec<{ requirement: Requirement }>((tie) => ({
      requirement: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('requirement'), { maxLength: 3 }).map((list) => allOf(...list)),
        fc.array(tie('requirement'), { maxLength: 3 }).map((list) => anyOf(...list)),
      ),
    }));
    const requirements = fc.array(requirement, { maxLength: 4 });
    const someEvidence: fc.Arbitrary<Evidence> = fc
      .record({
        name: fc.constantFrom('herald', 'billing', undefined),
        subject: fc.constantFrom(user, undefined),
        scopes: someScopes,
        known: fc.dictionary(fc.constantFrom('One', 'Two', 'Three'), fc.boolean()),
      })
      .map(({ name, subject, scopes: held, known }) =>
        evidence({
          principal: principal({
            caller: { ...unnamed, name },
            subject,
            scopes: held,
          }),
          policies: outcomes(
            ...Object.entries(known).map(([key, allowed]): [PolicyRequirement, PolicyOutcome] => [
              policy(key),
              { allowed },
            ]),
          ),
        }),
      );

    it('says what plain logic says, once all policies are known', () => {
      const meets = (one: Requirement, given: Evidence): boolean => {
        const { caller, subject, scopes: held } = given.principal;
        switch (one.kind) {
          case 'callers':
            return one.names.some((name) => name === caller.name);
          case 'subject':
            return (one.subject === 'user') === (subject !== undefined);
          case 'scopes':
            return one.match === 'all'
              ? one.scopes.every((scope) => held.includes(scope))
              : one.scopes.some((scope) => held.includes(scope));
          case 'policy':
            return given.policies?.get(policyKey(one))?.allowed === true;
          case 'allOf':
            return one.of.every((inner) => meets(inner, given));
          case 'anyOf':
            return one.of.some((inner) => meets(inner, given));
        }
      };
      fc.assert(
        fc.property(requirements, someEvidence, (list, given) => {
          const refusing = ['One', 'Two', 'Three'].map(
            (name): [PolicyRequirement, PolicyOutcome] => [policy(name), { allowed: false }],
          );
          const policies = new Map([...outcomes(...refusing), ...(given.policies ?? [])]);
          const full = { ...given, policies };
          const expected = list.every((one) => meets(one, full)) ? 'allowed' : 'refused';
          expect(decide(rule(...list), full).outcome).toBe(expected);
        }),
        { numRuns: 1000 },
      );
    });

    it('never turns a refusal into anything but a refusal or a question when one is added', () => {
      fc.assert(
        fc.property(requirements, requirement, fc.nat(), someEvidence, (list, added, at, given) => {
          const before = decide(rule(...list), given);
          const where = at % (list.length + 1);
          const more = [...list.slice(0, where), added, ...list.slice(where)];
          const after = decide(rule(...more), given);
          if (before.outcome !== 'allowed') expect(after.outcome).not.toBe('allowed');
        }),
        { numRuns: 1000 },
      );
    });

    it('comes to an end however its questions are answered', () => {
      fc.assert(
        fc.property(requirements, someEvidence, fc.boolean(), (list, given, answer) => {
          const policies = new Map(given.policies);
          let decision = decide(rule(...list), { ...given, policies });
          for (let round = 0; decision.outcome === 'pending'; round++) {
            expect(round).toBeLessThan(4);
            expect(decision.policies.length).toBeGreaterThan(0);
            for (const asked of decision.policies) {
              expect(policies.has(policyKey(asked))).toBe(false);
              policies.set(policyKey(asked), { allowed: answer });
            }
            decision = decide(rule(...list), { ...given, policies });
          }
        }),
        { numRuns: 2000 },
      );
    });

    it('gives a code, what was expected and what it got with every refusal', () => {
      fc.assert(
        fc.property(requirements, someEvidence, (list, given) => {
          const decision = decide(rule(...list), given);
          if (decision.outcome !== 'refused') return;
          expect(decision).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
          expect(decision.expected).toBeDefined();
          expect(decision.got).toBeDefined();
          expect(decision.trace.at(-1)?.outcome).toBe('failed');
        }),
      );
    });
  });
});

describe('policyKey', () => {
  it('is the same for the same options in another order', () => {
    const one = policyKey(policy('P', { a: 1, b: [{ c: 2, d: null }] }));
    expect(policyKey(policy('P', { b: [{ d: null, c: 2 }], a: 1 }))).toBe(one);
    expect(policyKey(policy('P', { a: 1, b: [{ c: 2, d: null }], e: undefined }))).toBe(one);
  });

  it.each([
    [policy('P', 'x'), policy('Q', 'x')],
    [policy('P', '1'), policy('P', 1)],
    [policy('P', [1, 2]), policy('P', [2, 1])],
    [policy('P', ['a']), policy('P', { 0: 'a' })],
    [policy('P', null), policy('P', {})],
    [policy('P","x'), policy('P', 'x')],
  ])('is another for %j and %j', (one, two) => {
    expect(policyKey(one)).not.toBe(policyKey(two));
  });
});
