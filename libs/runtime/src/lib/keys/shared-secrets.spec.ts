import { randomBytes } from 'node:crypto';

import { SharedSecrets } from './shared-secrets.js';

describe('SharedSecrets', () => {
  const [key, previous] = [randomBytes(32), randomBytes(32)];
  const derive = (keys: readonly Buffer[], service = 'auth-server', purpose = 'nonces') =>
    new SharedSecrets(keys, service).derive(purpose).map((secret) => secret.toString('hex'));

  it('are the same for all who have the key', () => {
    expect(derive([key])).toEqual(derive([key]));
    expect(derive([key])[0]).toHaveLength(64);
  });

  it('differ by key, service and purpose, and from the key', () => {
    const all = [
      ...derive([key, previous]),
      ...derive([key], 'herald'),
      ...derive([key], 'auth-server', 'others'),
      key.toString('hex'),
    ];
    expect(new Set(all).size).toBe(5);
  });

  it('keep those of the key before as the second', () => {
    expect(derive([key, previous])).toEqual([...derive([key]), ...derive([previous])]);
  });

  it('show no key when they are logged', () => {
    expect(JSON.stringify(new SharedSecrets([key], 'auth-server'))).toBe('{}');
  });
});
