import {
  cast,
  freePorts,
  readerClient,
  requestToken,
  send,
  startTemporaryFleet,
  tokenFor,
  userUri,
  webClient,
  type Fleet,
} from '@countersign/fleet';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

describe('the auth server', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startTemporaryFleet();
  });

  afterAll(() => fleet?.stop());

  const form = (more: Record<string, string> = {}): Record<string, string> => ({
    grant_type: 'client_credentials',
    resource: fleet.urls.census,
    ...more,
  });

  const metadata = async (): Promise<Record<string, unknown>> =>
    (await send(`${fleet.urls.issuer}/.well-known/oauth-authorization-server`)).json;

  it('says where everything is (RFC 8414)', async () => {
    expect(await metadata()).toMatchObject({
      issuer: fleet.urls.issuer,
      token_endpoint: `${fleet.urls.issuer}/oauth2/token`,
      jwks_uri: `${fleet.urls.issuer}/.well-known/jwks.json`,
    });
  });

  it('issues a token by client_secret_basic that a foreign library verifies', async () => {
    const { status, headers, json } = await requestToken(fleet, {
      client: readerClient,
      audience: fleet.urls.census,
      scope: 'users:read:any',
    });
    expect(status).toBe(200);
    expect(headers['cache-control']).toContain('no-store');
    expect(json).toMatchObject({ token_type: 'Bearer', scope: 'users:read:any' });

    const { jwks_uri } = await metadata();
    const { payload, protectedHeader } = await jwtVerify(
      String(json['access_token']),
      createRemoteJWKSet(new URL(String(jwks_uri))),
      { issuer: fleet.urls.issuer, audience: fleet.urls.census, typ: 'at+jwt' },
    );
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ client_id: readerClient, scope: 'users:read:any' });
  });

  it('issues a token by client_secret_post that opens a record of Census', async () => {
    const { status, json } = await send(`${fleet.urls.issuer}/oauth2/token`, {
      method: 'POST',
      form: form({
        client_id: readerClient,
        client_secret: fleet.secrets[readerClient] ?? '',
      }),
    });
    expect(status).toBe(200);
    const user = await send(userUri(fleet.urls, cast.recipient), {
      token: String(json['access_token']),
    });
    expect(user.json['email']).toBe('bruno@example.test');
  });

  it('lets a client speak for a user only when it was granted that', async () => {
    const subject = userUri(fleet.urls, cast.sender);
    const allowed = await requestToken(fleet, { client: webClient, subject });
    expect(allowed.status).toBe(200);
    const refused = await requestToken(fleet, { client: readerClient, subject });
    expect([refused.status, refused.json['error']]).toEqual([400, 'unauthorized_client']);
  });

  it.each([
    ['invalid_client', 401, { basic: { id: readerClient, secret: 'wrong' } }, {}],
    ['invalid_client', 401, { basic: { id: 'nobody', secret: 'wrong' } }, {}],
    ['invalid_target', 400, {}, { resource: 'https://elsewhere.example/' }],
    ['invalid_scope', 400, {}, { scope: 'users:everything' }],
    ['unsupported_grant_type', 400, {}, { grant_type: 'password' }],
  ])('refuses with %s (%i)', async (error, status, credentials, more) => {
    const basic = { id: readerClient, secret: fleet.secrets[readerClient] ?? '' };
    const answer = await send(`${fleet.urls.issuer}/oauth2/token`, {
      method: 'POST',
      basic,
      ...credentials,
      form: form(more as Record<string, string>),
    });
    expect([answer.status, answer.json['error']]).toEqual([status, error]);
    expect(answer.json).not.toHaveProperty('access_token');
  });

  it('refuses to open a data directory that another process has open', async () => {
    const second = fleet.twin('auth-server', (await freePorts()).authServer);
    try {
      await expect(second.start()).rejects.toThrow(/auth-server does not start\..*in use/s);
    } finally {
      await second.close();
    }
    expect((await metadata())['issuer']).toBe(fleet.urls.issuer);
  });

  it('keeps its keys over a restart: a token from before still verifies', async () => {
    const token = await tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });
    await fleet.services['auth-server'].stop();
    await fleet.services['auth-server'].start();
    const keys = createRemoteJWKSet(new URL(`${fleet.urls.issuer}/.well-known/jwks.json`));
    await expect(jwtVerify(token, keys)).resolves.toBeDefined();
    const fresh = await tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });
    expect(decodeProtectedHeader(fresh).kid).toBe(decodeProtectedHeader(token).kid);
  });

  it('keeps no secret or token in its log', async () => {
    const secret = fleet.secrets[readerClient] ?? '';
    await tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });
    const said = fleet.services['auth-server'].log.tail(2_000).join('\n');
    expect(secret).toMatch(/^cs_demo-reader_/);
    expect(said).not.toContain(secret);
    expect(said).not.toMatch(/ey[A-Z]\w{8,}\./);
  });
});
