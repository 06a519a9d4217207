import { Readiness } from './readiness.js';

describe('Readiness', () => {
  const readiness = () => {
    const made = new Readiness();
    made.register('database', async () => undefined);
    return made;
  };

  it('is ready when everything is up', async () => {
    await expect(readiness().state()).resolves.toEqual({ ready: true, checks: { database: 'up' } });
  });

  it('is not ready when something is down, and says what', async () => {
    const made = readiness();
    made.register('keys', () => Promise.reject(new Error('no keys')));
    made.register('disk', () => {
      throw new Error('at once');
    });
    await expect(made.state()).resolves.toEqual({
      ready: false,
      checks: { database: 'up', keys: 'down', disk: 'down' },
    });
  });

  it('is not ready when it shuts down', async () => {
    const made = readiness();
    made.shutDown();
    await expect(made.state()).resolves.toMatchObject({ ready: false });
  });

  it('does not wait for a check that never answers', async () => {
    jest.useFakeTimers();
    const made = readiness();
    made.register('mail', () => new Promise(() => undefined));
    const state = made.state();
    await jest.advanceTimersByTimeAsync(2_000);
    jest.useRealTimers();
    await expect(state).resolves.toMatchObject({ ready: false, checks: { mail: 'down' } });
  });
});
