import { authorizationServer, memoryReplay } from '@countersign/token';

import { resolveOptions, type CountersignOptions } from './countersign.options.js';

const good: CountersignOptions = { audiences: { census: 'https://census.example/' }, trust: [] };

const publicUrl = 'https://census.example/';
const constrained = authorizationServer('https://auth.example', { senderConstrained: 'required' });

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

  it('checks proofs as soon as it knows its own URL', () => {
    expect(resolveOptions(good).dpop).toBeUndefined();
    expect(resolveOptions({ ...good, dpop: 'off' }).dpop).toBe('off');
    expect(resolveOptions({ ...good, publicUrl }).dpop).toMatchObject({
      policy: { maxAge: 60, clockTolerance: 10, nonces: undefined },
    });
  });

  it('remembers proofs where tokens are remembered, unless told', () => {
    const [replay, own] = [memoryReplay(), memoryReplay()];
    const storeOf = (options: Partial<CountersignOptions>) =>
      (resolveOptions({ ...good, publicUrl, ...options }).dpop as { replay: unknown }).replay;
    expect(storeOf({ replay })).toBe(replay);
    expect(storeOf({ replay, dpop: { replay: own } })).toBe(own);
    expect(storeOf({ replay: 'off' })).toMatchObject({ use: expect.any(Function) as unknown });
  });

  it('lets certificates alone bind, where that is said', () => {
    const options = { ...good, trust: [constrained], dpop: 'off' } as const;
    expect(() => resolveOptions(options)).not.toThrow();
  });

  it('explains in responses only while nobody calls it production', () => {
    const before = process.env['NODE_ENV'];
    const options = { ...good, explain: 'in-response' } as const;
    try {
      process.env['NODE_ENV'] = 'development';
      expect(resolveOptions(options).explain).toBe('in-response');
      process.env['NODE_ENV'] = 'production';
      expect(() => resolveOptions(options)).toThrow(/^explain must not be 'in-response'/);
      expect(resolveOptions(good).explain).toBe('by-id');
    } finally {
      process.env['NODE_ENV'] = before;
    }
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
    ['another way to explain', { explain: 'always' as never }, /^explain/],
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
    ['proofs without a URL to compare', { dpop: {} }, /^publicUrl/],
    ['proofs that live forever', { publicUrl, dpop: { maxAge: '1h' } }, /^dpop\.maxAge/],
    ['proofs that never live', { publicUrl, dpop: { maxAge: 0 } }, /^dpop\.maxAge/],
    ['a nonce for all', { publicUrl, dpop: { nonces: 'one' as never } }, /^dpop\.nonces/],
    ['proofs used twice', { publicUrl, dpop: { replay: 'off' as never } }, /^dpop\.replay/],
    [
      'a misspelt dpop option',
      { publicUrl, dpop: { nonce: 1 } as never },
      /^nonce is not an option/,
    ],
    ['bound tokens without a URL', { trust: [constrained] }, /^publicUrl/],
    ['missing trust', { trust: undefined as never }, /^trust/],
  ])('refuses %s, naming the option', (_, wrong, message) => {
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(TypeError);
    expect(() => resolveOptions({ ...good, ...wrong })).toThrow(message);
  });
});
