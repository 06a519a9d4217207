import { issuerOf, loadConfig } from './config.js';
import { keyTimesOf } from './keys/key-config.js';

describe('loadConfig', () => {
  it('lets the server run alone on port 4000', () => {
    expect(loadConfig({})).toMatchObject({
      PORT: 4000,
      PUBLIC_URL: 'http://127.0.0.1:4000/',
      DATA_DIR: '.countersign/auth-server',
    });
  });

  it('lets access tokens live five minutes, or as long as it is told', () => {
    expect(loadConfig({}).ACCESS_TOKEN_LIFETIME).toBe(300);
    expect(loadConfig({ ACCESS_TOKEN_LIFETIME: '60' }).ACCESS_TOKEN_LIFETIME).toBe(60);
  });

  it.each(['0', '1.5', '3601', 'x'])('refuses a lifetime of %s seconds', (seconds) => {
    expect(() => loadConfig({ ACCESS_TOKEN_LIFETIME: seconds })).toThrow('ACCESS_TOKEN_LIFETIME');
  });

  it.each([
    ['KEY_ANNOUNCE', '10'],
    ['KEY_RETAIN', '3600'],
    ['KEY_ROTATION_EVERY', '10'],
    ['KEY_SET_MAX_AGE', '1.5'],
    ['KEY_LAG', '-1'],
    ['TOKEN_LIFETIME_MAX', '100000'],
  ])('refuses %s=%s, with which tokens could outlive or precede their keys', (name, value) => {
    const load = () => keyTimesOf(loadConfig({ [name]: value }));
    expect(load).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    expect(load).toThrow(`${name}: must`);
  });

  it('names the issuer without the trailing slash', () => {
    expect(issuerOf(loadConfig({ PUBLIC_URL: 'https://auth.example/' }))).toBe(
      'https://auth.example',
    );
  });

  it('refuses an issuer others would reach without TLS', () => {
    expect(() => loadConfig({ PUBLIC_URL: 'http://auth.example/' })).toThrow('PUBLIC_URL');
  });
});
