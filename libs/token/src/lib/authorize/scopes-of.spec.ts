import { scopesOf } from './scopes-of.js';

describe('scopesOf', () => {
  it('names every scope once, however deep it stands', () => {
    const scopes = (...names: string[]) =>
      ({ kind: 'scopes', match: 'any', scopes: names }) as const;
    const rule = {
      access: 'protected',
      audience: 'census',
      require: [
        scopes('a', 'b'),
        { kind: 'callers', names: ['herald'] },
        { kind: 'anyOf', of: [{ kind: 'allOf', of: [scopes('c'), scopes('a')] }, scopes('d')] },
      ],
    } as const;
    expect(scopesOf(rule)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('names none of a public rule', () => {
    expect(scopesOf({ access: 'public', reason: 'probe' })).toEqual([]);
  });
});
