import type { ProtectedRule } from './access-rule.js';
import { ruleForIssuer } from './rule-for-issuer.js';

describe('ruleForIssuer', () => {
  const plain: ProtectedRule = { access: 'protected', audience: 'herald', require: [] };
  const body: ProtectedRule = { ...plain, bound: 'body' };
  const request: ProtectedRule = { ...plain, bound: 'request' };
  const once: ProtectedRule = { ...plain, singleUse: true };

  it.each<[string, ProtectedRule, Parameters<typeof ruleForIssuer>[1]]>([
    ['nothing', plain, {}],
    ['nothing, in words', plain, { bound: undefined, singleUse: false }],
    ['what the rule demands', body, { bound: 'body' }],
    ['less than the rule demands', request, { bound: 'body' }],
    ['one use of a rule for one use', once, { singleUse: true }],
  ])('is the very rule when the issuer adds %s', (_what, rule, issuer) => {
    expect(ruleForIssuer(rule, issuer)).toBe(rule);
  });

  it.each<[ProtectedRule, Parameters<typeof ruleForIssuer>[1], Partial<ProtectedRule>]>([
    [plain, { bound: 'body' }, { bound: 'body' }],
    [plain, { bound: 'request' }, { bound: 'request' }],
    [body, { bound: 'request' }, { bound: 'request' }],
    [plain, { singleUse: true }, { singleUse: true }],
    [request, { bound: 'body', singleUse: true }, { bound: 'request', singleUse: true }],
    [once, { bound: 'body' }, { bound: 'body', singleUse: true }],
  ])('adds what the issuer demands: %j and %j', (rule, issuer, added) => {
    expect(ruleForIssuer(rule, issuer)).toEqual({ ...rule, ...added });
  });
});
