import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

import 'reflect-metadata';
import {
  aToken,
  createTestIssuer,
  sendBytes,
  testClock,
  type TokenBuilder,
} from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule, ran } from './census.module.js';

const USER_42 = `${CENSUS}user/42/`;
const subjects = [`${CENSUS}user/`];
const clock = testClock();
const authServer = createTestIssuer({
  clock,
  trust: { subjects, callers: { 'herald-id': 'herald' } },
});
const billing = createTestIssuer({
  clock,
  kind: 'service-peer',
  name: 'billing',
  trust: { carrier: 'JWT', mayAssert: ['users:read'], subjects },
});
const stranger = createTestIssuer({ clock, name: 'stranger' });

const token = () => aToken().from(authServer).to(CENSUS);

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

describe.each(adapters)('the guard on %s', (_, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    running = await run(
      censusModule([authServer.trustEntry(), billing.trustEntry()], clock),
      makeAdapter(),
    );
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    ran.length = 0;
    running.decisions.length = 0;
  });

  async function call(
    path: string,
    credentials?: TokenBuilder | Record<string, string>,
    method = 'GET',
  ): Promise<Answer> {
    const headers =
      credentials && 'sign' in credentials
        ? { authorization: `Bearer ${(credentials as TokenBuilder).sign()}` }
        : (credentials as Record<string, string> | undefined);
    const response = await fetch(`${running.url}${path}`, { method, ...(headers && { headers }) });
    const text = await response.text();
    const body = (text ? JSON.parse(text) : {}) as Answer['body'];
    return { status: response.status, headers: response.headers, body };
  }

  /** Asserts a whole refusal: status, code, challenge, log line, and that no handler ran. */
  async function expectRefusal(
    ask: () => Promise<Answer>,
    status: number,
    code: string,
  ): Promise<Answer & { readonly logged: Record<string, unknown> }> {
    ran.length = 0;
    running.decisions.length = 0;
    const { headers, body, ...rest } = await ask();
    expect({ status: rest.status, code: body['code'] }).toEqual({ status, code });
    expect(ran).toEqual([]);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
      decision: expect.stringMatching(/^[\w-]{16}$/),
    });
    expect(running.decisions).toHaveLength(1);
    const [logged = {}] = running.decisions;
    expect(logged).toMatchObject({
      event: 'access.refused',
      decision: body['decision'],
      service: 'census',
      code,
      status,
    });
    return { headers, body, ...rest, logged };
  }

  it('lets a caller with audience, scope, user and consent of the policy pass', async () => {
    const answer = await call('/user/42', token().onBehalfOf(USER_42).scopes('users:read'));
    expect(answer).toMatchObject({ status: 200, body: { id: '42' } });
    expect(ran).toEqual(['one']);
    expect(running.decisions).toEqual([]);
  });

  it('tells the handler who acts, who calls and for whom', async () => {
    const { body } = await call(
      '/user/principal',
      token().caller('herald-id').onBehalfOf(USER_42).scopes('a', 'b'),
    );
    expect(body).toEqual({
      caller: { kind: 'service', issuer: authServer.issuer, id: 'herald-id', name: 'herald' },
      subject: { kind: 'user', issuer: authServer.issuer, uri: USER_42 },
      scopes: ['a', 'b'],
    });
  });

  it('takes a self-issued token through the same rule, from its own header', async () => {
    const jwt = aToken().from(billing).to(CENSUS).onBehalfOf(USER_42).scopes('users:read').sign();
    expect(await call('/user/42', { jwt })).toMatchObject({ status: 200 });
    await expectRefusal(
      () => call('/user/42', { authorization: `Bearer ${jwt}` }),
      401,
      'CARRIER_MISMATCH',
    );
  });

  it('leaves public routes open, whatever the credentials', async () => {
    expect(await call('/user/public')).toMatchObject({ status: 200, body: { open: true } });
    expect(await call('/user/public', { authorization: 'Bearer nonsense' })).toMatchObject({
      status: 200,
    });
  });

  it('challenges a request without credentials, and names no error', async () => {
    const { headers } = await expectRefusal(() => call('/user/42'), 401, 'TOKEN_MISSING');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="census"');
  });

  it('answers an expired token with invalid_token; the log says what was expected', async () => {
    const { headers, logged, body } = await expectRefusal(
      () => call('/user/42', token().onBehalfOf(USER_42).scopes('users:read').expired()),
      401,
      'TOKEN_EXPIRED',
    );
    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="census", error="invalid_token", error_description="The token has expired"',
    );
    expect(logged).toHaveProperty('expected');
    expect(logged).toHaveProperty('got');
    expect(body).not.toHaveProperty('expected');
  });

  it.each([
    [
      'a token for another audience',
      () => token().to('https://herald.example/'),
      'AUDIENCE_MISMATCH',
    ],
    [
      'a token of an issuer nobody trusts',
      () => aToken().from(stranger).to(CENSUS),
      'ISSUER_UNTRUSTED',
    ],
    [
      'a token signed with a key of the same name',
      () => token().signedBy(stranger.key),
      'SIGNATURE_INVALID',
    ],
    [
      'a token signed with a key nobody published',
      () => token().header('kid', 'other'),
      'KEY_UNKNOWN',
    ],
    ['an ID token', () => token().header('typ', 'JWT'), 'TYPE_MISMATCH'],
    ['a token without exp', () => token().withoutClaim('exp'), 'CLAIM_INVALID'],
  ])('refuses %s with 401', async (_name, make, code) => {
    const { headers } = await expectRefusal(() => call('/user/principal', make()), 401, code);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('names the missing scope in the challenge, and what the token had in the log', async () => {
    const { headers, logged } = await expectRefusal(
      () => call('/user/42', token().onBehalfOf(USER_42).scopes('users:readx')),
      403,
      'SCOPE_MISSING',
    );
    expect(headers.get('www-authenticate')).toMatch(
      /error="insufficient_scope".* scope="users:read"$/,
    );
    expect(logged).toMatchObject({
      expected: ['users:read'],
      fix: 'grant the caller an expected scope for this audience, and ask for it',
      got: ['users:readx'],
      subject: USER_42,
    });
  });

  it('answers 403 when the policy says no; only the log has its reason', async () => {
    const { headers, logged, body } = await expectRefusal(
      () => call('/user/21', token().onBehalfOf(USER_42).scopes('users:read')),
      403,
      'POLICY_REFUSED',
    );
    expect(headers.get('www-authenticate')).toBeNull();
    expect(JSON.stringify(logged)).toContain('not_owner');
    expect(JSON.stringify(body)).not.toContain('not_owner');
    expect(logged).toMatchObject({
      handler: 'UsersController.one',
      method: 'GET',
      path: '/user/21',
    });
  });

  it('is an error, not an open door, when a policy throws', async () => {
    const answer = await call('/user/boom', token().onBehalfOf(USER_42).scopes('users:read'));
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('broke');
    expect(ran).toEqual([]);
  });

  it('asks any of the scopes with @AnyScope', async () => {
    expect(await call('/user/any-scope', token().scopes('users:list'))).toMatchObject({
      status: 200,
    });
    await expectRefusal(() => call('/user/any-scope', token().scopes('x')), 403, 'SCOPE_MISSING');
  });

  it('knows callers by the names of the receiver, never by those of the token', async () => {
    expect(await call('/user/callers', token().caller('herald-id'))).toMatchObject({ status: 200 });
    await expectRefusal(
      () => call('/user/callers', token().caller('herald')),
      403,
      'CALLER_FORBIDDEN',
    );
  });

  it('keeps users and services apart', async () => {
    expect(await call('/user/user-only', token().onBehalfOf(USER_42))).toMatchObject({
      status: 200,
    });
    expect(await call('/user/service-only', token())).toMatchObject({ status: 200 });
    await expectRefusal(() => call('/user/user-only', token()), 403, 'PRINCIPAL_KIND_FORBIDDEN');
    await expectRefusal(
      () => call('/user/service-only', token().onBehalfOf(USER_42)),
      403,
      'PRINCIPAL_KIND_FORBIDDEN',
    );
  });

  it('lets either alternative pass, and no mixture of them', async () => {
    const either = '/user/either/42';
    const user = token().onBehalfOf(USER_42);
    expect(await call(either, user.scopes('users:read'))).toMatchObject({ status: 200 });
    expect(await call(either, token().scopes('users:read:any'))).toMatchObject({ status: 200 });
    await expectRefusal(() => call(either, user.scopes('users:read:any')), 403, 'SCOPE_MISSING');
    await expectRefusal(
      () => call(either, token().scopes('users:read')),
      403,
      'PRINCIPAL_KIND_FORBIDDEN',
    );
    await expectRefusal(
      () => call('/user/either/21', user.scopes('users:read')),
      403,
      'POLICY_REFUSED',
    );
  });

  it('lets a method name another audience', async () => {
    await expectRefusal(() => call('/user/admin', token()), 401, 'AUDIENCE_MISMATCH');
    expect(await call('/user/admin', aToken().from(authServer).to(`${CENSUS}admin`))).toMatchObject(
      {
        status: 200,
      },
    );
  });

  it('refuses a user outside the prefixes of the issuer', async () => {
    await expectRefusal(
      () => call('/user/principal', token().onBehalfOf('https://evil.example/user/42/')),
      403,
      'SUBJECT_FORBIDDEN',
    );
  });

  it('answers two credentials with 400 invalid_request', async () => {
    const jwt = aToken().from(billing).to(CENSUS).sign();
    const { headers } = await expectRefusal(
      () => call('/user/principal', { authorization: `Bearer ${token().sign()}`, jwt }),
      400,
      'CREDENTIALS_AMBIGUOUS',
    );
    expect(headers.get('www-authenticate')).toContain('error="invalid_request"');
  });

  it('sees the second Authorization header that Node hides', async () => {
    const good = `Bearer ${token().sign()}`;
    const { hostname, port } = new URL(running.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        { hostname, port, path: '/user/principal', agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.setHeader('authorization', [good, 'Bearer other']);
      request.on('error', reject).end();
    });
    expect(status).toBe(400);
    expect(running.decisions).toMatchObject([{ code: 'CREDENTIALS_AMBIGUOUS' }]);
    expect(ran).toEqual([]);
  });

  it.each<[string, number, (credential: string, others: string) => string]>([
    ['the only credential', 200, (credential, others) => others + credential],
    ['a second one', 400, (credential, others) => credential + others + credential],
  ])('sees %s behind more header fields than Node hands on', async (_name, status, make) => {
    const others = Array.from({ length: 1_500 }, (_field, at) => `a${at}:\r\n`).join('');
    const fields = make(`Authorization: Bearer ${token().sign()}\r\n`, others);
    const head = `GET /user/principal HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
    expect((await sendBytes(running.url, Buffer.from(head))).status).toBe(status);
  });

  it.each([
    ['lower case', (jwt: string) => `bearer ${jwt}`, 200],
    ['upper case', (jwt: string) => `BEARER ${jwt}`, 200],
    ['nothing after the scheme', () => 'Bearer', 400],
    ['a comma', (jwt: string) => `Bearer ${jwt}, Bearer ${jwt}`, 400],
    ['another scheme', () => 'Basic dXNlcjpwYXNz', 401],
  ])('reads the Authorization header with %s', async (_name, header, status) => {
    const authorization = header(token().sign());
    expect(await call('/user/principal', { authorization })).toMatchObject({ status });
  });

  it.each([
    '/%75ser/principal',
    '/user/principal?access_token=x',
    '/user/principal/',
    '/user/./principal',
  ])('never opens %s without credentials', async (path) => {
    const { status } = await call(path);
    expect([401, 404]).toContain(status);
    expect(ran).toEqual([]);
  });

  it.each(['HEAD', 'POST', 'OPTIONS', 'PUT'])(
    'never opens a guarded route by %s',
    async (method) => {
      const { status } = await call('/user/42', undefined, method);
      expect([401, 404]).toContain(status);
      expect(ran).toEqual([]);
    },
  );

  it('ignores tokens in cookies, query and look-alike headers', async () => {
    const jwt = token().sign();
    for (const headers of [
      { cookie: `authorization=${jwt}` },
      { 'x-forwarded-authorization': `Bearer ${jwt}` },
      { authorization_: `Bearer ${jwt}` },
    ])
      expect(await call(`/user/principal?access_token=${jwt}`, headers)).toMatchObject({
        status: 401,
        body: { code: 'TOKEN_MISSING' },
      });
    expect(ran).toEqual([]);
  });

  it('gives each of many parallel requests its own principal', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_unused, id) => {
        const uri = `${CENSUS}user/${id + 1}/`;
        const { body } = await call('/user/principal', token().onBehalfOf(uri));
        return (body['subject'] as { uri: string }).uri === uri;
      }),
    );
    expect(answers).not.toContain(false);
  });

  it('never logs or answers a token, however it is refused', async () => {
    const jwt = token().expired().sign();
    const { body } = await call('/user/42', { authorization: `Bearer ${jwt}` });
    const [, claims = '', signature = ''] = jwt.split('.');
    const said = JSON.stringify([body, running.decisions]);
    expect(said).not.toContain(claims);
    expect(said).not.toContain(signature);
  });

  it('cuts what a stranger wrote before it logs it', async () => {
    const issuer = `https://evil.example/${'x'.repeat(2000)}`;
    await expectRefusal(
      () => call('/user/42', token().claim('iss', issuer)),
      401,
      'ISSUER_UNTRUSTED',
    );
    expect(JSON.stringify(running.decisions).length).toBeLessThan(1500);
  });

  it('logs what a stranger wrote without characters that a terminal obeys', async () => {
    const issuer = 'https://evil.example/\n\u001b[2K\u009b2K\u202eadmin\u2028next';
    await expectRefusal(
      () => call('/user/42', token().claim('iss', issuer)),
      401,
      'ISSUER_UNTRUSTED',
    );
    expect(running.decisions).toMatchObject([
      {
        got: 'https://evil.example/\\u{a}\\u{1b}[2K\\u{9b}2K\\u{202e}admin\\u{2028}next',
      },
    ]);
  });

  it('logs the path without what follows it, however that is parted', async () => {
    for (const rest of ['?access_token=a', '#access_token=b']) {
      const { hostname, port } = new URL(running.url);
      running.decisions.length = 0;
      // fetch() would not send a fragment.
      const request = httpRequest({ hostname, port, path: `/user/42${rest}` }).end();
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(401);
      expect(running.decisions).toMatchObject([{ path: '/user/42' }]);
    }
  });

  it('answers 503 with Retry-After, not 401, when the keys of an issuer cannot be read', async () => {
    const away = createTestIssuer({ name: 'away', trust: { subjects } });
    const served = await away.serve();
    await served.close();
    const cut = await run(censusModule([away.servedTrustEntry()], clock), makeAdapter());
    try {
      const authorization = `Bearer ${aToken().from(away).to(CENSUS).issuedAt(clock.now()).sign()}`;
      const response = await fetch(`${cut.url}/user/principal`, { headers: { authorization } });
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(response.headers.get('www-authenticate')).toBeNull();
      expect(await response.json()).toMatchObject({ code: 'KEYS_UNAVAILABLE', status: 503 });
      expect(ran).toEqual([]);
    } finally {
      await cut.app.close();
    }
  });

  it('logs who was let in only when asked to', async () => {
    const trust = [authServer.trustEntry()];
    const talkative = await run(censusModule(trust, clock, 'all'), makeAdapter());
    try {
      const authorization = `Bearer ${token().onBehalfOf(USER_42).scopes('a').sign()}`;
      await fetch(`${talkative.url}/user/principal?q=1`, { headers: { authorization } });
      expect(talkative.decisions).toEqual([
        {
          event: 'access.granted',
          service: 'census',
          method: 'GET',
          path: '/user/principal',
          handler: 'UsersController.principal',
          audience: 'census',
          caller: 'test-client',
          subject: USER_42,
          scopes: ['a'],
        },
      ]);
    } finally {
      await talkative.app.close();
    }
  });
});
