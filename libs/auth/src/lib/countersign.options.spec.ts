import { resolveOptions, type CountersignOptions } from './countersign.options.js';

const good: CountersignOptions = { audiences: { census: 'https://census.example/' }, trust: [] };

describe('resolveOptions', () => {
  it('has safe defaults, frozen', () => {
    const resolved = resolveOptions(good);
    expect(resolved).toMatchObject({ clockTolerance: 10, decisions: 'refused' });
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.audiences)).toBe(true);
  });

  it('knows no audience that nobody configured', () => {
    expect('constructor' in resolveOptions(good).audiences).toBe(false);
  });

  it.each<[string, Partial<CountersignOptions>, RegExp]>([
    ['a tolerance over a minute', { clockTolerance: '61s' }, /^clockTolerance/],
    ['a tolerance that is no duration', { clockTolerance: 'soon' as never }, /^clockTolerance/],
    ['a token limit of zero', { maxTokenBytes: 0 }, /^maxTokenBytes/],
    ['a token limit beyond 64 KB', { maxTokenBytes: 65_537 }, /^maxTokenBytes/],
    ['a fraction of a byte', { maxTokenBytes: 1000.5 }, /^maxTokenBytes/],
    ['a misspelt option', { clockTolerence: '10s' } as never, /^clockTolerence is not an option/],
    ['another choice of decisions', { decisions: 'none' as never }, /^decisions/],
    ['no room for tokens', { tokenCache: { max: 0 } }, /^tokenCache\.max/],
    ['a long memory', { tokenCache: { maxAge: '1h' } }, /^tokenCache\.maxAge/],
    ['no audiences', { audiences: {} }, /^audiences/],
    ['missing audiences', { audiences: undefined as never }, /^audiences/],
    ['an audience that is no URI', { audiences: { census: 'census' } }, /^audiences\.census/],
    ['missing trust', { trust: undefined as never }, /^trust/],
  ])('refuses %s, naming the option', (_, wrong, message) => {
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(TypeError);
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(message);
  });
});
