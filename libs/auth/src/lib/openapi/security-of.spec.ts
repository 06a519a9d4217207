import type { AccessRule, Requirement } from '@countersign/token';

import { securityOf } from './security-of.js';

const scopes = (match: 'all' | 'any', ...names: string[]): Requirement => ({
  kind: 'scopes',
  match,
  scopes: names,
});
const both: Requirement = { kind: 'subject', subject: 'user' };
const ways = { server: ['read', 'write'], peer: ['read'] };
const rule = (...require: Requirement[]): AccessRule => ({
  access: 'protected',
  audience: 'census',
  require,
});

describe('securityOf', () => {
  it.each<[string, AccessRule, unknown]>([
    ['nothing of a public route', { access: 'public', reason: 'keys' }, []],
    ['a scope under each scheme that may hold it', rule(scopes('all', 'read')), [['read'], 'read']],
    ['no scheme that may not hold it', rule(scopes('all', 'read', 'write')), [['read', 'write']]],
    [
      'each of any scopes on its own',
      rule(scopes('any', 'read', 'write')),
      [['read'], ['write'], 'read'],
    ],
    [
      'the alternatives of a combined rule',
      rule(
        { kind: 'anyOf', of: [{ kind: 'allOf', of: [scopes('all', 'read'), both] }, both] },
        scopes('all', 'write'),
      ),
      [['read', 'write'], ['write']],
    ],
  ])('says %s', (_, declared, expected) => {
    const said = securityOf(declared, ways).map(({ server, peer }) => server ?? peer?.join());
    expect(said).toEqual(expected);
  });

  it('takes a server that may assert anything for every scope', () => {
    expect(securityOf(rule(scopes('all', 'else')), { any: 'any' })).toEqual([{ any: ['else'] }]);
  });

  it('says that a call may come without a token where one is optional', () => {
    const optional: AccessRule = {
      access: 'protected',
      audience: 'census',
      require: [],
      optional: true,
    };
    expect(securityOf(optional, ways)).toEqual([{ server: [] }, { peer: [] }, {}]);
  });
});
