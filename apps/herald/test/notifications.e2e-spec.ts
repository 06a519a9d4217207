import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { aToken, until, type AnswerToTest, type TokenBuilder } from '@countersign/testing';

import { decision, type CensusStandIn } from './support/census-stand-in.js';
import { relayRefusal } from './support/mail-relay.js';
import { herald, startHerald, type RunningHerald } from './support/start-herald.js';

describe('POST /notification/', () => {
  let running: RunningHerald;
  let census: CensusStandIn;

  beforeAll(async () => {
    running = await startHerald();
    census = running.census;
  }, 60_000);

  afterAll(() => running.close());

  beforeEach(() => {
    running.onRecipient = () => undefined;
    census.behave();
    census.principals.length = 0;
    census.people.clear();
    census.people.set(21, { name: 'Ada', email: 'ada@example.com', team: 'blue' });
    census.people.set(42, { name: 'Bob <b>', email: 'bob@example.com', team: 'blue' });
    census.people.set(7, { name: 'Eve', email: 'eve@example.com', team: 'green' });
  });

  const call = (
    method: string,
    path: string,
    token: TokenBuilder | undefined,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<AnswerToTest> =>
    running.send(method, path, { token, headers, ...(body !== undefined && { body }) });
  const as = (id: number) =>
    aToken()
      .from(running.authServer)
      .to(herald)
      .caller('demo-web')
      .onBehalfOf(census.uri(id))
      .scopes('notifications:send');
  const welcome = (id: number) => JSON.stringify({ user: census.uri(id), type: 'welcome-message' });
  const post = (body: string, token: TokenBuilder | undefined = as(21)) =>
    call('POST', '/notification/', token, body);
  const pathOf = (answer: AnswerToTest): string =>
    String(answer.headers['location']).slice(herald.length - 1);
  const stateOf = async (path: string, id = 21) => (await call('GET', path, as(id))).body['state'];
  const untilState = (path: string, state: string): Promise<void> =>
    until(async () => (await stateOf(path)) === state);
  const rows = async () => {
    const { rows: found } = await running
      .database()
      .execute<Record<'notifications' | 'pending' | 'jobs', number>>(
        `SELECT (SELECT count(*)::int FROM notifications) AS notifications,
              (SELECT count(*)::int FROM notifications WHERE state = 'pending') AS pending,
              (SELECT count(*)::int FROM pgboss.job) AS jobs`,
      );
    return found[0];
  };
  /** Runs what must leave nothing behind: no row, no job, no mail. */
  const withoutTrace = async (work: () => Promise<void>): Promise<void> => {
    // What earlier requests recorded may still be on its way.
    await until(async () => (await rows())?.pending === 0);
    const before = { ...(await rows()), mails: running.relay.mails.length };
    await work();
    expect({ ...(await rows()), mails: running.relay.mails.length }).toEqual(before);
  };

  it("tells a user of the same team: the seed's story, to the delivered mail", async () => {
    const answer = await post(welcome(42));
    expect(answer).toMatchObject({
      status: 201,
      body: { state: 'pending', user: census.uri(42), type: 'welcome-message' },
    });
    expect(answer.headers['location']).toMatch(
      /^https:\/\/herald\.example\/notification\/[0-9a-f-]{36}\/$/,
    );
    expect(answer.body['uri']).toBe(answer.headers['location']);

    await untilState(pathOf(answer), 'delivered');
    const mail = running.relay.mails.at(-1);
    expect(mail).toMatchObject({ envelopeTo: ['bob@example.com'], subject: 'Welcome' });
    expect(mail?.from?.text).toBe('"Herald" <no-reply@herald.example>');
    expect(mail?.text).toContain('Hello Bob <b>,');
    expect(mail?.html).toContain('Hello Bob &lt;b&gt;,');
    expect(mail?.messageId).toBe(`<${pathOf(answer).split('/')[2]}@herald.example>`);

    expect(census.principals).toMatchObject([
      {
        caller: { name: 'herald', id: herald },
        subject: { uri: census.uri(21) },
        scopes: ['users:read'],
        audience: [census.url],
      },
    ]);
  });

  it('signs every call to Census anew, for one minute', async () => {
    await post(welcome(42));
    await post(welcome(42));
    const [first, second] = census.principals.map(({ claims }) => claims);
    expect(first?.['jti']).not.toBe(second?.['jti']);
    expect(Number(first?.['exp']) - Number(first?.['iat'])).toBe(60);
  });

  it('shows a notification to who asked for it and to whom it is for, and to nobody else', async () => {
    const path = pathOf(await post(welcome(42)));
    for (const id of [21, 42]) {
      const { status, body } = await call('GET', path, as(id));
      expect(status).toBe(200);
      expect(body).toMatchObject({ user: census.uri(42), type: 'welcome-message' });
      expect(JSON.stringify(body)).not.toContain('@');
    }
    const reading = as(42).scopes('notifications:read');
    await expect(call('GET', path.slice(0, -1), reading)).resolves.toMatchObject({ status: 200 });
    await expect(call('GET', path, as(7))).resolves.toMatchObject({ status: 403 });
    await expect(call('GET', path, undefined)).resolves.toMatchObject({ status: 401 });
    await expect(call('GET', path, as(21).scopes('users:read'))).resolves.toMatchObject({
      status: 403,
    });
  });

  it.each(['00000000-0000-4000-8000-000000000000', '1', "x'--", '%00'])(
    'does not tell whether there is a notification %s',
    async (id) => {
      const answer = await call('GET', `/notification/${id}/`, as(21));
      expect(answer).toMatchObject({ status: 403, body: { code: 'POLICY_REFUSED' } });
    },
  );

  it('refuses to tell a user of another team, and no mail leaves', () =>
    withoutTrace(async () => {
      const answer = await post(welcome(7));
      expect(answer).toMatchObject({ status: 403, body: { code: 'USER_FORBIDDEN', decision } });
    }));

  it('refuses a user who does not exist', () =>
    withoutTrace(async () => {
      const answer = await post(welcome(99));
      expect(answer).toMatchObject({
        status: 422,
        body: { code: 'USER_UNKNOWN', errors: [{ pointer: '/user' }] },
      });
    }));

  describe('with a user that is not of Census', () => {
    const seen: string[] = [];
    const decoy = createServer((incoming, response) => {
      seen.push(incoming.url ?? '');
      response.end();
    });
    let port: number;

    beforeAll(async () => {
      await once(decoy.listen(0, '127.0.0.1'), 'listening');
      port = (decoy.address() as AddressInfo).port;
    });
    afterAll(() => void decoy.close());

    it.each<[string, () => string]>([
      ['another host', () => `http://127.0.0.1:${port}/user/42/`],
      ['another name of the host', () => census.uri(42).replace('127.0.0.1', 'localhost')],
      ['another scheme', () => census.uri(42).replace('http:', 'https:')],
      ['user information', () => census.uri(42).replace('//', `//127.0.0.1:${port}@`)],
      ['Census as user information', () => `${census.url.slice(0, -1)}@127.0.0.1:${port}/user/42/`],
      ['a path upwards', () => `${census.url}user/42/../7/`],
      ['an encoded slash', () => `${census.url}user/42%2f/`],
      ['a query', () => `${census.uri(42)}?a=/`],
      ['a fragment', () => `${census.uri(42)}#/`],
      ['no final slash', () => census.uri(42).slice(0, -1)],
      ['a leading zero', () => `${census.url}user/042/`],
      ['a file', () => 'file:///etc/passwd'],
      ['a blank in front', () => ` ${census.uri(42)}`],
    ])('refuses %s before any request leaves', (_, uri) =>
      withoutTrace(async () => {
        const before = census.requests();
        const answer = await post(JSON.stringify({ user: uri(), type: 'welcome-message' }));
        expect(answer).toMatchObject({
          status: 422,
          body: { code: 'USER_FOREIGN', errors: [{ pointer: '/user' }] },
        });
        expect(census.requests()).toBe(before);
        expect(seen).toEqual([]);
      }),
    );
  });

  it.each<[string, unknown, number, string | undefined]>([
    ['null', null, 422, ''],
    ['a list', [], 422, ''],
    ['a text', 'welcome', 422, ''],
    ['nothing in it', {}, 422, '/user'],
    ['no type', { user: 'x' }, 422, '/type'],
    ['an unknown type', { user: 'x', type: '../../etc/passwd' }, 422, '/type'],
    ['a type from the prototype', { user: 'x', type: 'constructor' }, 422, '/type'],
    ['a type that is a list', { user: 'x', type: ['welcome-message'] }, 422, '/type'],
    ['a user that is an object', { user: { uri: 'x' }, type: 'welcome-message' }, 422, '/user'],
    [
      'an unknown member',
      { user: 'x', type: 'welcome-message', to: 'eve@evil.example' },
      422,
      '/to',
    ],
  ])('refuses a body that is %s, naming the member', (_, body, status, pointer) =>
    withoutTrace(async () => {
      const answer = await post(JSON.stringify(body));
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({
        code: 'BODY_INVALID',
        errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
      });
    }),
  );

  it.each<[string, string, Record<string, string>, number]>([
    ['broken JSON', '{"user":', {}, 400],
    ['no body', '', {}, 400],
    ['duplicate members', '{"user":"a","user":"b","type":"welcome-message"}', {}, 400],
    ['__proto__', '{"__proto__":{},"user":"a","type":"welcome-message"}', {}, 400],
    ['another media type', 'user=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['a content coding', '{}', { 'content-encoding': 'gzip' }, 415],
    ['more than 64 KB', JSON.stringify({ user: 'x'.repeat(70_000) }), {}, 413],
  ])('refuses %s', (_, body, headers, status) =>
    withoutTrace(async () => {
      const answer = await call('POST', '/notification/', as(21), body, headers);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    }),
  );

  it.each<[string, () => TokenBuilder | undefined, number, string]>([
    ['no token', () => undefined, 401, 'TOKEN_MISSING'],
    ['a token for Census', () => as(21).to(census.url), 401, 'AUDIENCE_MISMATCH'],
    ['an expired token', () => as(21).expired(), 401, 'TOKEN_EXPIRED'],
    ['another scope', () => as(21).scopes('notifications:read'), 403, 'SCOPE_MISSING'],
    [
      'no user',
      () => aToken().from(running.authServer).to(herald).scopes('notifications:send'),
      403,
      'PRINCIPAL_KIND_FORBIDDEN',
    ],
    [
      'a user from elsewhere',
      () => as(21).onBehalfOf('https://other.example/user/21/'),
      403,
      'SUBJECT_FORBIDDEN',
    ],
  ])('refuses a request with %s, without asking Census', (_, token, status, code) =>
    withoutTrace(async () => {
      const before = census.requests();
      const answer = await call('POST', '/notification/', token(), welcome(42));
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
      expect(census.requests()).toBe(before);
    }),
  );

  it.each<[string, RequestListener]>([
    ['an error', (_, response) => void response.writeHead(500).end()],
    ["a refusal of Herald's own token", (_, response) => void response.writeHead(401).end()],
    [
      'garbage',
      (_, response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end('{]'),
    ],
    [
      'HTML',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    [
      '10 MB',
      (_, response) => {
        response
          .on('error', () => undefined)
          .writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify('x'.repeat(10_000_000)));
      },
    ],
    [
      'half an answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' });
        response.write('{');
        setImmediate(() => response.destroy());
      },
    ],
    ['a closed connection', (incoming) => void incoming.socket.destroy()],
  ])('answers 503 when Census answers with %s', (_, behaviour) =>
    withoutTrace(async () => {
      census.behave(behaviour);
      const answer = await post(welcome(42));
      expect(answer).toMatchObject({ status: 503, body: { code: 'CENSUS_UNAVAILABLE' } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }),
  );

  it('answers 503 when Census says nothing for 3 seconds', () =>
    withoutTrace(async () => {
      census.behave(() => undefined);
      await expect(post(welcome(42))).resolves.toMatchObject({ status: 503 });
    }));

  it('does not follow Census elsewhere', () =>
    withoutTrace(async () => {
      const seen: string[] = [];
      const elsewhere = createServer((incoming, response) => {
        seen.push(JSON.stringify(incoming.headers));
        response.end();
      });
      await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
      const { port } = elsewhere.address() as AddressInfo;
      census.behave((_, response) => {
        response.writeHead(307, { location: `http://127.0.0.1:${port}/user/42/` }).end();
      });
      await expect(post(welcome(42))).resolves.toMatchObject({ status: 503 });
      expect(seen).toEqual([]);
      elsewhere.close();
    }));

  it.each([
    ['with a second header', 'bob@example.com\r\nBcc: eve@evil.example'],
    ['that is a list', 'bob@example.com, eve@evil.example'],
    ['that is a group', 'team: bob@example.com;'],
    ['with a quoted address in it', '"bob@evil.example x"@example.com'],
    ['nested 5,000 deep', '(('.repeat(2_500)],
    ['that is empty', ''],
  ])('never writes to an address %s', (_, email) =>
    withoutTrace(async () => {
      census.people.set(42, { name: 'Bob', email, team: 'blue' });
      const answer = await post(welcome(42));
      expect(answer).toMatchObject({ status: 422, body: { code: 'ADDRESS_UNUSABLE' } });
      expect(JSON.stringify(answer.body)).not.toContain('example.com');
    }),
  );

  it('keeps a mail pending while the relay is down, and delivers it when it is back', async () => {
    const bringBack = await running.stopRelay();
    const answer = await post(welcome(42));
    expect(answer.status).toBe(201);
    await until(() => running.log().includes('notification.pending'));
    await expect(stateOf(pathOf(answer))).resolves.toBe('pending');
    await bringBack();
    await running.relay.arrived(1);
    await untilState(pathOf(answer), 'delivered');
    expect(running.relay.mails).toHaveLength(1);
  });

  it('says that and why a mail was refused for good', async () => {
    running.onRecipient = () => relayRefusal(550);
    const path = pathOf(await post(welcome(42)));
    await untilState(path, 'failed');
    const { body } = await call('GET', path, as(21));
    expect(body).toMatchObject({ state: 'failed', reason: 'smtp_550' });
  });

  it('delivers after a restart what was pending before, with the same keys', async () => {
    running.onRecipient = () => relayRefusal(450);
    const answer = await post(welcome(42));
    const keys = (await call('GET', '/.well-known/jwks.json', undefined)).body;
    await running.restart(() => {
      running.onRecipient = () => undefined;
    });
    await untilState(pathOf(answer), 'delivered');
    expect(running.relay.mails.at(-1)?.messageId).toContain(pathOf(answer).split('/')[2]);
    expect((await call('GET', '/.well-known/jwks.json', undefined)).body).toEqual(keys);
    await expect(post(welcome(42))).resolves.toMatchObject({ status: 201 });
  }, 30_000);

  it('finishes a request in flight when it is told to stop, and keeps what it recorded', async () => {
    const arrived = new Promise<() => void>((resolve) => {
      census.behave((_, response) =>
        resolve(() => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(
            JSON.stringify({ uri: census.uri(42), name: 'Bob', email: 'bob@example.com' }),
          );
        }),
      );
    });
    const inFlight = post(welcome(42));
    const answerIt = await arrived;
    const restarted = running.restart(() => census.behave());
    setImmediate(answerIt);
    const answer = await inFlight;
    expect(answer.status).toBe(201);
    await restarted;
    await untilState(pathOf(answer), 'delivered');
  }, 30_000);

  it('writes neither addresses nor tokens into its log', () => {
    expect(running.log()).toContain('notification.accepted');
    expect(running.log()).toContain('notification.delivered');
    expect(running.log()).not.toContain('@example.com');
    expect(running.log()).not.toMatch(/eyJ/);
  });
});
