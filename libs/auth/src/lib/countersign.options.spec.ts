import { resolveOptions, type CountersignOptions } from './countersign.options.js';

const good: CountersignOptions = { audiences: { census: 'https://census.example/' }, trust: [] };

describe('resolveOptions', () => {
  it('has safe defaults, frozen', () => {
    const resolved = resolveOptions(good);
    expect(resolved).toMatchObject({
      clockTolerance: 10,
      decisions: 'refused',
      maxBodyBytes: 1_048_576,
    });
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
    ['a store that stores nothing', { replay: {} as never }, /^replay/],
    ['no store by another name', { replay: 'none' as never }, /^replay/],
    ['no store at all', { replay: null as never }, /^replay/],
    ['a relative public URL', { publicUrl: '/census' }, /^publicUrl/],
    ['a public URL with a query', { publicUrl: 'https://census.example/?a' }, /^publicUrl/],
    ['a public URL in capitals', { publicUrl: 'https://CENSUS.example/' }, /^publicUrl/],
    ['a body limit of zero', { body: { maxBytes: 0 } }, /^body\.maxBytes/],
    ['a misspelt body limit', { body: { maxByte: 1 } } as never, /^maxByte is not an option/],
    ['missing trust', { trust: undefined as never }, /^trust/],
  ])('refuses %s, naming the option', (_, wrong, message) => {
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(TypeError);
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(message);
  });
});
