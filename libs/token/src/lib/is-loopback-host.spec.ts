import { isLoopbackHost } from './is-loopback-host.js';

describe('isLoopbackHost', () => {
  it.each(['localhost', '127.0.0.1', '127.8.9.10', '[::1]'])('takes %s', (hostname) => {
    expect(isLoopbackHost(hostname)).toBe(true);
  });

  it.each([
    'localhost.example',
    '127.0.0.1.example',
    '127.example',
    '128.0.0.1',
    '10.127.0.0.1',
    '0.0.0.0',
    '[::]',
    '[::2]',
    '',
  ])('refuses %j', (hostname) => {
    expect(isLoopbackHost(hostname)).toBe(false);
  });
});
