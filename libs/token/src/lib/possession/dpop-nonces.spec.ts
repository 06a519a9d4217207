import fc from 'fast-check';

import { clockAt } from '../../../test/builders.js';
import { dpopNonces } from './dpop-nonces.js';

const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const at = (offset: number, ...secrets: Buffer[]) =>
  dpopNonces({ secrets, lifetime: '60s', clock: clockAt(offset) });

describe('dpopNonces', () => {
  it('accepts its own at once, and in no other spelling', () => {
    const nonces = at(0, fresh);
    const nonce = nonces.current();
    expect(nonce).toMatch(/^[\w-]{22}$/);
    expect(nonces.accepts(nonce)).toBe(true);
    for (const other of ['', `${nonce}=`, nonce.toLowerCase(), nonce.slice(1), ` ${nonce}`])
      expect(nonces.accepts(other)).toBe(false);
  });

  it('accepts what another replica or the process before a restart made', () => {
    expect(at(0, fresh).accepts(at(0, fresh).current())).toBe(true);
    expect(at(0, fresh).accepts(at(0, old).current())).toBe(false);
  });

  it('lets secrets rotate', () => {
    expect(at(0, fresh, old).accepts(at(0, old).current())).toBe(true);
    expect(at(0, fresh, old).current()).toBe(at(0, fresh).current());
  });

  it('accepts a nonce for half its lifetime at least, and its lifetime at most', () => {
    fc.assert(
      fc.property(fc.nat({ max: 600 }), fc.nat({ max: 120 }), (made, age) => {
        const accepts = at(made + age, fresh).accepts(at(made, fresh).current());
        if (age <= 30) expect(accepts).toBe(true);
        if (age >= 60) expect(accepts).toBe(false);
      }),
    );
  });

  it('agrees with a replica whose clock is a little ahead', () => {
    expect(at(0, fresh).accepts(at(29, fresh).current())).toBe(true);
    expect(at(0, fresh).accepts(at(90, fresh).current())).toBe(false);
  });

  it('keeps its secret even if the array is overwritten afterwards', () => {
    const secret = Buffer.alloc(32, 7);
    const nonces = at(0, secret);
    const before = nonces.current();
    secret.fill(0);
    expect(nonces.current()).toBe(before);
  });

  it.each<[name: string, options: unknown, fault: string]>([
    ['no secret', { secrets: [] }, 'secrets'],
    ['a short secret', { secrets: [Buffer.alloc(31)] }, 'secrets'],
    ['a text as secret', { secrets: ['x'.repeat(32)] }, 'secrets'],
    ['no list of secrets', { secrets: fresh }, 'secrets'],
    ['no lifetime', { secrets: [fresh], lifetime: 0 }, 'lifetime'],
    ['a long lifetime', { secrets: [fresh], lifetime: '2h' }, 'lifetime'],
  ])('refuses %s', (_name, options, fault) => {
    expect(() => dpopNonces(options as never)).toThrow(`${fault} must`);
  });
});
