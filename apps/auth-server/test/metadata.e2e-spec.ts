import 'reflect-metadata';
import { issuer, startAuthServer, type TestServer } from './start-auth-server.js';

describe.each([
  ['without a path', issuer, ['.well-known/oauth-authorization-server']],
  [
    'with a path',
    `${issuer}/tenant`,
    [
      '.well-known/oauth-authorization-server/tenant',
      'tenant/.well-known/oauth-authorization-server',
      '.well-known/oauth-authorization-server',
    ],
  ],
])('the metadata of an issuer %s', (_what, ownIssuer, addresses) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startAuthServer(undefined, undefined, { PUBLIC_URL: `${ownIssuer}/` });
  }, 60_000);
  afterAll(() => server.stop());

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.running.url}${path}`, { headers, redirect: 'manual' });

  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  const algorithms = [
    ...['ES256', 'ES384', 'ES512', 'EdDSA'],
    ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  ];

  it.each(addresses)('lists exactly what there is, at /%s', async (address) => {
    const answer = await ask(address);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const document = (await answer.json()) as Record<string, unknown>;
    const sorted = Object.entries(document).map(([name, value]) => [
      name,
      name.endsWith('alg_values_supported') ? (value as string[]).sort() : value,
    ]);
    expect(Object.fromEntries(sorted)).toEqual({
      issuer: ownIssuer,
      token_endpoint: `${ownIssuer}/oauth2/token`,
      token_endpoint_auth_methods_supported: methods,
      token_endpoint_auth_signing_alg_values_supported: algorithms,
      jwks_uri: `${ownIssuer}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
      introspection_endpoint: `${ownIssuer}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: methods,
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint: `${ownIssuer}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_feed_endpoint: `${ownIssuer}/oauth2/revocations`,
      dpop_signing_alg_values_supported: algorithms,
      tls_client_certificate_bound_access_tokens: false,
    });
  });

  it('names addresses that exist, behind a proxy that keeps the path or strips it', async () => {
    const document = (await (await ask(addresses[0]!)).json()) as Record<string, string>;
    const listed = Object.entries(document).filter(([name]) => /_(endpoint|uri)$/.test(name));
    expect(listed).toHaveLength(5);
    for (const [, address] of listed) {
      const kept = new URL(address).pathname.slice(1);
      for (const path of [kept, kept.replace(/^tenant\//, '')]) {
        // 405 is an address that exists and is asked in the wrong way.
        expect([path, [200, 405]]).toEqual([
          path,
          expect.arrayContaining([(await ask(path)).status]),
        ]);
      }
    }
  });

  it('says when nothing has changed', async () => {
    const etag = (await ask(addresses[0]!)).headers.get('etag');
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const again = await ask(addresses[0]!, { 'if-none-match': String(etag) });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await ask(addresses[0]!, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('knows no other issuer', async () => {
    const answer = await ask('.well-known/oauth-authorization-server/other');
    expect(answer.status).toBe(404);
  });
});
