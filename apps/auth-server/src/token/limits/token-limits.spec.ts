import { TokenLimits } from './token-limits.js';
import { TooManyRequests } from './too-many-requests.js';

const none = { perAddress: 0, perClient: 0, failuresPerClient: 0, failuresPerAddress: 0 };

function limits(settings: Partial<typeof none>) {
  let time = 0;
  const clock = { now: () => 0, monotonic: () => time };
  const made = new TokenLimits({ ...none, ...settings }, clock);
  return { limits: made, pass: (seconds: number) => void (time += seconds * 1000) };
}

function refusal(run: () => unknown): TooManyRequests {
  try {
    run();
  } catch (error) {
    if (error instanceof TooManyRequests) return error;
    throw error;
  }
  throw new Error('it was let through');
}

describe('TokenLimits', () => {
  it('refuses with 429, in the shape of RFC 6749, and says when to come back', () => {
    const { limits: of } = limits({ perAddress: 1 });
    of.admit('192.0.2.1');
    expect(refusal(() => of.admit('192.0.2.1'))).toMatchObject({
      code: 'temporarily_unavailable',
      status: 429,
      retryAfter: expect.any(Number),
      challenge: false,
    });
    of.admit('192.0.2.2');
  });

  it('blocks guessing at one client from one address, and nobody else', () => {
    const { limits: of, pass } = limits({ failuresPerClient: 3 });
    for (let n = 0; n < 3; n += 1) {
      of.mayTry('192.0.2.1', 'web');
      of.failed('192.0.2.1', 'web');
    }
    const { retryAfter } = refusal(() => of.mayTry('192.0.2.1', 'web'));
    of.mayTry('192.0.2.2', 'web');
    of.mayTry('192.0.2.1', 'job');
    pass(retryAfter ?? 0);
    of.mayTry('192.0.2.1', 'web');
  });

  it('counts a client that does not exist like one that does', () => {
    const { limits: of } = limits({ failuresPerClient: 1 });
    of.failed('192.0.2.1', 'nobody');
    refusal(() => of.mayTry('192.0.2.1', 'nobody'));
  });

  it('takes all ids that are too long, and all that are missing, for one', () => {
    const { limits: of } = limits({ failuresPerClient: 1 });
    of.failed('192.0.2.1', 'a'.repeat(5_000));
    refusal(() => of.mayTry('192.0.2.1', 'b'.repeat(129)));
    of.failed('192.0.2.1', undefined);
    refusal(() => of.mayTry('192.0.2.1', ''));
  });

  it('makes the failures of an address cheap, and leaves whoever is right there alone', () => {
    const { limits: of } = limits({ failuresPerAddress: 2 });
    of.failed('192.0.2.1', 'one');
    of.failed('192.0.2.1', 'two');
    refusal(() => of.mayFail('192.0.2.1'));
    of.mayTry('192.0.2.1', 'web');
    of.admit('192.0.2.1');
  });

  it('bounds what one client asks for', () => {
    const { limits: of } = limits({ perClient: 1 });
    of.admitClient('web');
    expect(refusal(() => of.admitClient('web')).client).toBe('web');
    of.admitClient('job');
  });

  it('finds one refusal a minute of each sender worth writing down', () => {
    const { limits: of, pass } = limits({ perAddress: 1 });
    of.admit('192.0.2.1');
    const isNotable = () => refusal(() => of.admit('192.0.2.1')).isNotable;
    expect([isNotable(), isNotable(), isNotable()]).toEqual([true, false, false]);
    pass(59);
    of.admit('192.0.2.1');
    pass(2);
    expect(isNotable()).toBe(true);
  });

  it('lets everything through where a limit is off', () => {
    const { limits: of } = limits({});
    for (let n = 0; n < 100; n += 1) {
      of.admit('a');
      of.admitClient('web');
      of.failed('a', 'web');
      of.mayTry('a', 'web');
      of.mayFail('a');
    }
  });
});
