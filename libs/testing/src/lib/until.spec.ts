import { until } from './until.js';

describe('until', () => {
  it('asks again until it holds', async () => {
    let left = 3;
    await until(() => --left === 0);
    expect(left).toBe(0);
  });

  it('waits for a promise, and passes its rejection on', async () => {
    await until(async () => true);
    await expect(until(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('says what did not happen', async () => {
    const never = () => false;
    await expect(until(never, { seconds: 0, otherwise: 'no mail' })).rejects.toThrow('no mail');
    await expect(until(never, { seconds: 0, otherwise: () => 'none' })).rejects.toThrow('none');
    await expect(until(never, { seconds: 0 })).rejects.toThrow('does not happen');
  });
});
