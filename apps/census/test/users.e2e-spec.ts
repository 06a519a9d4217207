import type { AnswerToTest, TokenBuilder } from '@countersign/testing';

import {
  asService as serviceToken,
  asUser,
  bearer,
  jwt,
  startCensus,
  uri,
  type Fields,
  type RunningCensus,
} from './support/start-census.js';

const users = [
  { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue' },
  { id: 42, name: '<b>Bob</b>', email: 'bob@example.com', team: 'blue' },
  { id: 7, name: 'Eve', email: 'eve@example.com', team: 'green' },
];

describe('GET /user/:id/', () => {
  let running: RunningCensus;

  beforeAll(async () => {
    running = await startCensus(users);
  }, 60_000);
  afterAll(() => running.close());

  const get = (path: string, headers: Fields = {}, method = 'GET'): Promise<AnswerToTest> =>
    running.send(method, path, { headers });
  const fromHerald = (subject: number | string) => asUser(running.herald, subject, 'users:read');
  const fromAuthServer = (subject: number | string) =>
    asUser(running.authServer, subject, 'users:read');
  const asService = (...scopes: string[]): TokenBuilder =>
    serviceToken(running.authServer, ...scopes);

  const bob = {
    uri: uri(42),
    name: '<b>Bob</b>',
    email: 'bob@example.com',
    team: 'blue',
    role: 'member',
  };

  it("answers Herald's own token in the JWT header as its subject would be answered", async () => {
    const { status, headers, body } = await get('/user/42/', jwt(fromHerald(21)));
    expect({ status, body }).toEqual({ status: 200, body: bob });
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      vary: 'Authorization, JWT',
      etag: expect.stringMatching(/^"\d+"$/),
    });
  });

  it('answers an auth-server token in the Authorization header the same', async () => {
    const { status, body } = await get('/user/42/', bearer(fromAuthServer(21)));
    expect({ status, body }).toEqual({ status: 200, body: bob });
  });

  it.each(['/user/42', '/user/%34%32/', '/user/42/?fields=team'])(
    'answers %s like the canonical address, and never more',
    async (path) => {
      const { status, body } = await get(path, jwt(fromHerald(21)));
      expect({ status, body }).toEqual({ status: 200, body: bob });
    },
  );

  it('shows users themselves', async () => {
    const { status, body } = await get('/user/7/', jwt(fromHerald(7)));
    expect(status).toBe(200);
    expect(body).toMatchObject({ uri: uri(7) });
  });

  it('shows everybody to a service that may read any user of its own right', async () => {
    const { status, body } = await get('/user/7/', bearer(asService('users:read:any')));
    expect(status).toBe(200);
    expect(body).toMatchObject({ uri: uri(7) });
  });

  it.each(['99', '0', '-1', '042', '1e3', '9007199254740992', '42;drop', '%F0%9F%99%82', 'a'])(
    'tells that service that there is no user %s',
    async (id) => {
      const { status, body } = await get(`/user/${id}/`, bearer(asService('users:read:any')));
      expect(status).toBe(404);
      expect(body).toMatchObject({ status: 404 });
    },
  );

  it.each([
    ['of another team', '/user/7/', 21],
    ['who does not exist', '/user/99/', 21],
    ['with an impossible number', '/user/0/', 21],
    ['as a subject who does not exist', '/user/42/', 99],
    ['who is that missing subject itself', '/user/99/', 99],
  ])('refuses a user %s, always with the same answer', async (_, path, subject) => {
    for (const headers of [jwt(fromHerald(subject)), bearer(fromAuthServer(subject))]) {
      const { status, body } = await get(path, headers);
      expect(status).toBe(403);
      expect(body).toMatchObject({ code: 'POLICY_REFUSED' });
      expect(body).not.toHaveProperty('email');
    }
  });

  it.each<[string, () => Fields, number, string]>([
    ['no token', () => ({}), 401, 'TOKEN_MISSING'],
    [
      'a token for another audience',
      () => jwt(fromHerald(21).to('https://billing.example/')),
      401,
      'AUDIENCE_MISMATCH',
    ],
    ['an expired token', () => jwt(fromHerald(21).expired()), 401, 'TOKEN_EXPIRED'],
    ["Herald's token as Bearer", () => bearer(fromHerald(21)), 401, 'CARRIER_MISMATCH'],
    ['an access token in the JWT header', () => jwt(fromAuthServer(21)), 401, 'CARRIER_MISMATCH'],
    [
      'a token of an unknown issuer',
      () => jwt(fromHerald(21).claim('iss', 'https://evil.example/')),
      401,
      'ISSUER_UNTRUSTED',
    ],
    [
      'a token signed with a key of another issuer',
      () => jwt(fromHerald(21).signedBy(running.authServer.key)),
      401,
      'SIGNATURE_INVALID',
    ],
    [
      'a token of another type',
      () => jwt(fromHerald(21).header('typ', 'at+jwt')),
      401,
      'TYPE_MISMATCH',
    ],
    [
      'a token that lives too long',
      () => jwt(fromHerald(21).lifetime('6m')),
      401,
      'LIFETIME_TOO_LONG',
    ],
    [
      'a token without scopes',
      () => jwt(fromHerald(21).withoutClaim('scope')),
      403,
      'SCOPE_MISSING',
    ],
    [
      'a scope that only begins alike',
      () => bearer(fromAuthServer(21).scopes('users:readx')),
      403,
      'SCOPE_MISSING',
    ],
    [
      'two credentials',
      () => ({ ...jwt(fromHerald(21)), ...bearer(fromAuthServer(7)) }),
      400,
      'CREDENTIALS_AMBIGUOUS',
    ],
    [
      'the JWT header twice',
      () => ({ jwt: [fromHerald(21).sign(), fromHerald(42).sign()] }),
      400,
      'CREDENTIALS_AMBIGUOUS',
    ],
    [
      'a subject elsewhere',
      () => jwt(fromHerald(21).onBehalfOf('https://other.example/user/21/')),
      403,
      'SUBJECT_FORBIDDEN',
    ],
  ])('refuses %s', async (_, headers, status, code) => {
    const answer = await get('/user/42/', headers());
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('does not let Herald assert what only services of their own right have', async () => {
    const token = fromHerald(21).scopes('users:read:any');
    await expect(get('/user/42/', jwt(token))).resolves.toMatchObject({ status: 403 });
    const ofItsOwn = serviceToken(running.herald, 'users:read:any');
    await expect(get('/user/42/', jwt(ofItsOwn))).resolves.toMatchObject({ status: 403 });
  });

  it.each([
    ['users:read without a user', () => asService('users:read')],
    ['users:read:any on behalf of a user', () => fromAuthServer(21).scopes('users:read:any')],
  ])('refuses a token with %s', async (_, token) => {
    await expect(get('/user/42/', bearer(token()))).resolves.toMatchObject({ status: 403 });
  });

  it.each([
    '/%75ser/42/',
    '//user/42/',
    '/user//42/',
    '/user/7/../42/',
    '/user/42/..;/',
    '/USER/42/',
    '/user/42/extra',
  ])('opens no other way to a user: %s', async (path) => {
    for (const headers of [{}, jwt(fromHerald(7))]) {
      const { status, body } = await get(path, headers);
      expect([400, 401, 403, 404]).toContain(status);
      expect(body).not.toHaveProperty('email');
    }
  });

  it.each(['HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'])(
    'gives nothing to %s without a token',
    async (method) => {
      const { status, body } = await get('/user/42/', {}, method);
      expect([401, 404, 405]).toContain(status);
      expect(body).not.toHaveProperty('email');
    },
  );

  it('answers 300 requests of different users each as its own', async () => {
    const tokens = new Map([21, 42, 7].map((id) => [id, jwt(fromHerald(id))]));
    const asked = Array.from({ length: 300 }, (_, index) => [21, 42, 7][index % 3] as number);
    const answers = await Promise.all(asked.map((id) => get(`/user/${id}/`, tokens.get(id))));
    expect(answers.map(({ body }) => body['uri'])).toEqual(asked.map(uri));
  }, 30_000);

  it('writes neither addresses nor tokens into its log', () => {
    const log = running.log();
    expect(log).toContain('POLICY_REFUSED');
    expect(log).not.toContain('@example.com');
    expect(log).not.toMatch(/eyJ/);
  });
});
