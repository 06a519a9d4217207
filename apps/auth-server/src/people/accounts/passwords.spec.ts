import { ServiceUnavailable } from '../../registry/service-unavailable.js';
import { Passwords } from './passwords.js';

const cheap = { memoryCost: 64, timeCost: 1, parallelism: 1 };

describe('Passwords', () => {
  it('hashes as OWASP advises, each with a salt of its own', async () => {
    const passwords = await Passwords.create();
    const [one, other] = [await passwords.hash('the same'), await passwords.hash('the same')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$/);
    expect(one).not.toBe(other);
    expect(await passwords.check(other, 'the same')).toEqual({ isRight: true, isOutdated: false });
  });

  it('finds nothing right where there is no hash, and a password of any length wrong', async () => {
    const passwords = await Passwords.create(cheap);
    const stored = await passwords.hash('x');
    expect((await passwords.check(undefined, '')).isRight).toBe(false);
    expect((await passwords.check(stored, 'x'.repeat(2_000))).isRight).toBe(false);
    expect((await passwords.check(stored, 'x\0')).isRight).toBe(false);
  });

  it('lets so many wait and no more (503), and goes on afterwards', async () => {
    const passwords = await Passwords.create(cheap);
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => passwords.hash('at once')),
    );
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(refused).toHaveLength(200 - 2 - 64);
    for (const error of refused) expect(error).toBeInstanceOf(ServiceUnavailable);
    await expect(passwords.hash('afterwards')).resolves.toContain('$argon2id$');
  });

  it('leaves the event loop to others while it works', async () => {
    const passwords = await Passwords.create();
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 8 }, () => passwords.hash('at once')));
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
  });

  it('takes like time for somebody and for nobody', async () => {
    const passwords = await Passwords.create();
    const stored = await passwords.hash('a lamp in the harbour');
    const median = async (hash: string | undefined) => {
      const times: number[] = [];
      for (let n = 0; n < 15; n += 1) {
        const from = performance.now();
        await passwords.check(hash, 'wrong wrong wrong');
        times.push(performance.now() - from);
      }
      return times.sort((a, b) => a - b)[7] ?? 0;
    };
    const [somebody, nobody] = [await median(stored), await median(undefined)];
    // What it is not: a hash that is left out, which would take a thousandth.
    expect(nobody).toBeGreaterThan(somebody / 4);
    expect(nobody).toBeLessThan(somebody * 4);
  });
});
