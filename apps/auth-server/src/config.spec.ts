import { issuerOf, loadConfig } from './config.js';

describe('loadConfig', () => {
  it('lets the server run alone on port 4000', () => {
    expect(loadConfig({})).toMatchObject({
      PORT: 4000,
      PUBLIC_URL: 'http://127.0.0.1:4000/',
      DATA_DIR: '.countersign/auth-server',
    });
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
