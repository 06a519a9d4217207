import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { aToken, until, type AnswerToTest, type TokenBuilder } from '@countersign/testing';

import { relayRefusal } from './support/mail-relay.js';
import { herald, startHerald, type RunningHerald } from './support/start-herald.js';

const origin = herald.slice(0, -1);
const [ada, bob, eve] = [21, 42, 7];

describe.each(['pglite', 'postgresql'] as const)('Herald on %s', (engine) => {
  let postgres: TestPostgres | undefined;
  let running: RunningHerald;

  beforeAll(async () => {
    postgres = engine === 'postgresql' ? await startPostgres() : undefined;
    running = await startHerald({ DATABASE_URL: await postgres?.url('herald') });
  }, 60_000);
  afterAll(async () => {
    await running.close();
    await postgres?.stop();
  });
  beforeEach(() => {
    running.onRecipient = () => undefined;
    const { people } = running.census;
    people.set(ada, { name: 'Ada', email: 'ada@example.com', team: 'blue' });
    people.set(bob, { name: 'Bob', email: 'bob@example.com', team: 'blue' });
    people.set(eve, { name: 'Eve', email: 'eve@example.com', team: 'green' });
  });

  const as = (id: number, caller = 'demo-web') =>
    aToken()
      .from(running.authServer)
      .to(herald)
      .caller(caller)
      .onBehalfOf(running.census.uri(id))
      .scopes('notifications:send');
  const service = (...scopes: string[]) =>
    aToken()
      .from(running.authServer)
      .to(herald)
      .caller('operator')
      .scopes(...scopes);
  const body = (id: number, type = 'welcome-message') =>
    JSON.stringify({ user: running.census.uri(id), type });
  const post = (key?: string | string[], text = body(bob), token: TokenBuilder = as(ada)) =>
    running.send('POST', '/notification/', {
      token,
      body: text,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
  const get = (path: string, token: TokenBuilder) => running.send('GET', path, { token });
  const pathOf = ({ headers }: AnswerToTest) => String(headers['location']).slice(origin.length);
  const codeOf = (answer: AnswerToTest) => [answer.status, answer.body['code']];
  const state = async (path: string, token: TokenBuilder) => (await get(path, token)).body['state'];
  const untilState = (path: string, wanted: string, token = as(ada)): Promise<void> =>
    until(async () => (await state(path, token)) === wanted);
  const count = async (table = 'notifications') => {
    const { rows } = await running
      .database()
      .execute<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0]?.count;
  };
  const failed = async (): Promise<string> => {
    running.onRecipient = () => relayRefusal(550);
    const path = pathOf(await post());
    await untilState(path, 'failed');
    running.onRecipient = () => undefined;
    return path;
  };

  describe('with an Idempotency-Key', () => {
    it('makes the same request once, and asks Census once', async () => {
      const [before, asked] = [await count(), running.census.requests()];
      const first = await post('key-1');
      const again = await post('"key-1"');
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.headers['location']).toBe(first.headers['location']);
      expect(again.body).toMatchObject({ uri: first.body['uri'], type: 'welcome-message' });
      expect(await count()).toBe(Number(before) + 1);
      expect(running.census.requests()).toBe(asked + 1);
    });

    it('makes one of twenty that arrive at once', async () => {
      const [before, mails] = [await count(), running.relay.mails.length];
      const answers = await Promise.all(Array.from({ length: 20 }, () => post('key-2')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(answers.map(({ headers }) => headers['location'])).size).toBe(1);
      expect(await count()).toBe(Number(before) + 1);
      await untilState(pathOf(answers[0]!), 'delivered');
      const mine = running.relay.mails.slice(mails);
      const id = pathOf(answers[0]!).split('/')[2] ?? '-';
      expect(mine.filter(({ messageId }) => messageId?.includes(id))).toHaveLength(1);
    });

    it('remembers over a restart', async () => {
      const first = await post('key-3');
      await running.restart();
      expect((await post('key-3')).headers['location']).toBe(first.headers['location']);
    }, 30_000);

    it('compares what is asked for, not how it is written', async () => {
      const first = await post('key-4');
      const user = running.census.uri(bob);
      const again = await post('key-4', `{ "type": "welcome-message",\n "user": "${user}" }`);
      expect(again.headers['location']).toBe(first.headers['location']);
    });

    it.each<[string, () => string]>([
      ['another user', () => body(ada)],
      ['another type', () => body(bob, 'farewell-message')],
    ])('refuses %s under the same key: 422', async (_, other) => {
      await post('key-5');
      const before = await count();
      expect(codeOf(await post('key-5', other()))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      expect(await count()).toBe(before);
    });

    it.each<[string, () => TokenBuilder]>([
      ['another user', () => as(bob)],
      ['another caller', () => as(ada, 'other-web')],
    ])('knows nothing of the keys of %s', async (_, token) => {
      const first = await post('key-6');
      const other = await post('key-6', body(bob), token());
      expect(other.status).toBe(201);
      expect(other.headers['location']).not.toBe(first.headers['location']);
    });

    it('keeps no key for a request that was refused', async () => {
      const before = await count('idempotency_keys');
      expect((await post('key-7', body(eve))).status).toBe(403);
      expect((await post('key-7', body(99))).status).toBe(422);
      expect(await count('idempotency_keys')).toBe(before);
      expect((await post('key-7')).status).toBe(201);
    });

    it('forgets a key after its day, and its row with the next new key', async () => {
      const first = await post('key-8');
      await running
        .database()
        .execute(`UPDATE idempotency_keys SET expires_at = now() - interval '1 second'`);
      const before = Number(await count('idempotency_keys'));
      const other = await post('key-8');
      expect(other.status).toBe(201);
      expect(other.headers['location']).not.toBe(first.headers['location']);
      expect(Number(await count('idempotency_keys'))).toBeLessThan(before);
    });

    it.each<[string, string | string[]]>([
      ['empty', ''],
      ['of blanks in quotes that do not end', '"  '],
      ['with a comma', 'a, b'],
      ['sent twice', ['a', 'b']],
      ['outside ASCII', 'schl\u00fcssel'],
      ['of 256 characters', 'x'.repeat(256)],
    ])('refuses a key that is %s: 400', async (_, key) => {
      const before = await count();
      expect(codeOf(await post(key))).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
      expect(await count()).toBe(before);
    });

    it('keeps neither keys nor what was asked for, only digests', async () => {
      await post('a-key-to-look-for');
      const { rows } = await running.database().execute('SELECT * FROM idempotency_keys');
      expect(JSON.stringify(rows)).not.toMatch(/a-key-to-look-for|user\/42|welcome/);
    });
  });

  describe('of notifications that failed', () => {
    it('forgets name and address, and shows who asked that and why it failed', async () => {
      const path = await failed();
      const { rows } = await running
        .database()
        .execute('SELECT address, name FROM notifications WHERE id = $1', [path.split('/')[2]]);
      expect(rows).toEqual([{ address: null, name: null }]);
      const page = await get('/notification/?state=failed&limit=1', as(ada));
      expect(page.body['notifications']).toMatchObject([
        { uri: origin + path, state: 'failed', reason: 'smtp_550', attempts: 1 },
      ]);
    });

    it.each<[string, () => TokenBuilder]>([
      ['the user who asked for it', () => as(ada)],
      ['an operator', () => service('notifications:resend')],
    ])('sends one again for %s, under its Message-ID, to today’s address', async (_, token) => {
      const path = await failed();
      running.census.people.set(bob, { name: 'Bob', email: 'new@example.com', team: 'blue' });
      const mails = running.relay.mails.length;
      const answer = await running.send('POST', `${path}resend/`, { token: token() });
      expect(answer).toMatchObject({ status: 202, body: { state: 'pending', attempts: 0 } });
      await untilState(path, 'delivered');
      expect(running.relay.mails.slice(mails)).toMatchObject([
        {
          envelopeTo: ['new@example.com'],
          messageId: `<${path.split('/')[2]}@herald.example>`,
        },
      ]);
    });

    it('sends one again once, however often it is asked to at once', async () => {
      const path = await failed();
      const mails = running.relay.mails.length;
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => running.send('POST', `${path}resend/`, { token: as(ada) })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409]);
      await untilState(path, 'delivered');
      expect(running.relay.mails.length).toBe(mails + 1);
      const late = await running.send('POST', `${path}resend/`, { token: as(ada) });
      expect(codeOf(late)).toEqual([409, 'NOTIFICATION_NOT_FAILED']);
    });

    it('asks Census again: who may not see the user any more sends nothing', async () => {
      const path = await failed();
      running.census.people.set(bob, { name: 'Bob', email: 'bob@example.com', team: 'green' });
      for (const token of [as(ada), service('notifications:resend')])
        expect(codeOf(await running.send('POST', `${path}resend/`, { token }))).toEqual([
          403,
          'USER_FORBIDDEN',
        ]);
      await expect(state(path, as(ada))).resolves.toBe('failed');
    });

    it.each<[string, () => TokenBuilder | undefined, number]>([
      ['nobody', () => undefined, 401],
      ['the user it is for', () => as(bob), 403],
      ['a stranger', () => as(eve), 403],
      ['the scope to read', () => as(ada).scopes('notifications:read'), 403],
      ['a service without the scope', () => service('notifications:read:any'), 403],
      ['the operators’ scope for a user', () => as(ada).scopes('notifications:resend'), 403],
    ])('refuses to send one again for %s', async (_, token, status) => {
      const path = await failed();
      const answer = await running.send('POST', `${path}resend/`, { token: token() });
      expect(answer.status).toBe(status);
      await expect(state(path, as(ada))).resolves.toBe('failed');
    });

    it('tells operators, and only them, that there is none', async () => {
      const path = '/notification/00000000-0000-4000-8000-000000000000/';
      for (const [method, address, token] of [
        ['POST', `${path}resend/`, service('notifications:resend')],
        ['GET', path, service('notifications:read:any')],
        ['GET', '/notification/x/', service('notifications:read:any')],
      ] as const)
        expect((await running.send(method, address, { token })).status).toBe(404);
      expect((await running.send('POST', `${path}resend/`, { token: as(ada) })).status).toBe(403);
    });
  });

  describe('lists', () => {
    const seenBy = async (token: TokenBuilder, limit: number, only = '') => {
      const seen: unknown[] = [];
      let next: string | undefined = `/notification/?limit=${limit}${only}`;
      while (next !== undefined) {
        const page: AnswerToTest = await get(next, token);
        expect(page.status).toBe(200);
        const found = page.body['notifications'] as { uri: string }[];
        seen.push(...found.map(({ uri }) => uri));
        const url = page.body['next'] as string | undefined;
        expect(page.headers['link']).toBe(url && `<${url}>; rel="next"`);
        next = url?.slice(origin.length);
      }
      return seen;
    };

    it('to users what they asked for and what is for them, newest first, each once', async () => {
      const mine = [
        await post(undefined, body(ada), as(bob)),
        await post(undefined, body(bob), as(ada)),
        await post(undefined, body(eve), as(eve)),
      ].map((answer) => origin + pathOf(answer));
      const all = await seenBy(service('notifications:read:any'), 100);
      expect(all.slice(0, 3)).toEqual([mine[2], mine[1], mine[0]]);
      expect(await seenBy(service('notifications:read:any'), 7)).toEqual(all);
      expect(await seenBy(as(eve), 1)).toEqual([mine[2]]);
      const adas = await seenBy(as(ada), 3);
      expect(adas).toEqual(all.filter((uri) => adas.includes(uri)));
      expect(adas.slice(0, 2)).toEqual([mine[1], mine[0]]);
      expect(adas).not.toContain(mine[2]);
    });

    it('only those of a state', async () => {
      await untilState(pathOf(await post()), 'delivered');
      const path = await failed();
      const dead = await seenBy(service('notifications:read:any'), 2, '&state=failed');
      expect(dead[0]).toBe(origin + path);
      expect(dead.length).toBeLessThan((await seenBy(as(ada), 100)).length);
    });

    it('no name and no address', async () => {
      const page = await get('/notification/?limit=100', service('notifications:read:any'));
      expect(page.text).not.toMatch(/@|Bob/);
    });

    it.each<[string, () => TokenBuilder | undefined, number]>([
      ['nobody', () => undefined, 401],
      ['another scope', () => as(ada).scopes('notifications:preview'), 403],
      ['a service without a user', () => service('notifications:read'), 403],
      ['the services’ scope for a user', () => as(ada).scopes('notifications:read:any'), 403],
    ])('nothing to %s', async (_, token, status) => {
      const answer = await running.send('GET', '/notification/', { token: token() });
      expect(answer.status).toBe(status);
    });

    it.each([
      ['limit=0', '/limit'],
      ['limit=1e9', '/limit'],
      ['limit=1&limit=2', '/limit'],
      ['state=lost', '/state'],
      ['state=failed&state=pending', '/state'],
      ['cursor=x', '/cursor'],
      ["cursor='; DROP TABLE notifications", '/cursor'],
      ['sort=address', '/sort'],
    ])('nothing for the query %s', async (query, pointer) => {
      const answer = await get(`/notification/?${encodeURI(query)}`, as(ada));
      expect(codeOf(answer)).toEqual([400, 'QUERY_INVALID']);
      expect(answer.body['errors']).toMatchObject([{ pointer }]);
    });
  });

  describe('shows what it can say', () => {
    const preview = (path: string, token: TokenBuilder = as(ada)) =>
      get(`/template/${path}`, token);

    it('lists the types', async () => {
      const { body: types } = await preview('');
      expect(types).toEqual({
        types: [
          'welcome-message',
          'details-changed',
          'farewell-message',
          'invitation',
          'password-reset',
        ],
      });
    });

    it('writes a mail to a name, escaped, as JSON', async () => {
      const name = encodeURIComponent('<script>alert(1)</script>{{constructor}}\u202e');
      const token = service('notifications:preview');
      const {
        status,
        headers,
        body: mail,
      } = await preview(`farewell-message/preview/?name=${name}`, token);
      expect(status).toBe(200);
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(mail['subject']).toBe('Goodbye');
      expect(mail['text']).toContain('Hello <script>alert(1)</script>{{constructor}},');
      expect(mail['html']).toContain('Hello &lt;script&gt;alert(1)&lt;/script&gt;{{constructor}},');
    });

    it.each([
      ['nope/preview/', 404],
      ['constructor/preview/', 404],
      ['__proto__/preview/', 404],
      ['..%2f..%2fetc%2fpasswd/preview/', 404],
      ['welcome-message/preview/?name=a&name=b', 400],
      [`welcome-message/preview/?name=${'x'.repeat(201)}`, 400],
      ['welcome-message/preview/?template=x', 400],
    ])('refuses %.60s', async (path, status) => {
      expect((await preview(path)).status).toBe(status);
    });

    it('refuses who has no token or another scope', async () => {
      const path = '/template/welcome-message/preview/';
      expect((await running.send('GET', path)).status).toBe(401);
      expect((await get(path, as(ada).scopes('notifications:read'))).status).toBe(403);
    });
  });

  it('keeps no token, and no address once nobody waits for a mail', async () => {
    await post('another-key');
    await until(async () => (await count(`notifications WHERE state = 'pending'`)) === 0);
    for (const table of ['notifications', 'idempotency_keys', 'pgboss.job']) {
      const { rows } = await running.database().execute(`SELECT * FROM ${table}`);
      expect(rows.length).toBeGreaterThan(0);
      const text = JSON.stringify(rows);
      expect(text).not.toMatch(/eyJ/);
      expect(text).not.toMatch(/@example\.com/);
    }
  });

  it('writes neither addresses, nor tokens, nor keys into its log', () => {
    expect(running.log()).toContain('notification.revived');
    expect(running.log()).not.toContain('@example.com');
    expect(running.log()).not.toContain('key-1');
    expect(running.log()).not.toMatch(/eyJ/);
  });
});

describe('Herald', () => {
  let running: RunningHerald;

  beforeAll(async () => {
    running = await startHerald({
      NOTIFICATIONS_PER_MINUTE: '3',
      NOTIFICATIONS_PER_MINUTE_OF_CALLER: '5',
      NOTIFICATIONS_PENDING_MAX: '15',
    });
    running.census.people.set(ada, { name: 'Ada', email: 'ada@example.com', team: 'blue' });
    running.census.people.set(bob, { name: 'Bob', email: 'bob@example.com', team: 'blue' });
  }, 60_000);
  afterAll(() => running.close());

  it('refuses a user who asks for too many: 429, and nothing of it is kept', async () => {
    const post = (id: number) =>
      running.send('POST', '/notification/', {
        token: aToken()
          .from(running.authServer)
          .to(herald)
          .onBehalfOf(running.census.uri(id))
          .scopes('notifications:send'),
        body: JSON.stringify({ user: running.census.uri(bob), type: 'welcome-message' }),
      });
    for (let count = 0; count < 3; count++) expect((await post(ada)).status).toBe(201);
    const asked = running.census.requests();
    const refused = await post(ada);
    expect(refused).toMatchObject({ status: 429, body: { code: 'TOO_MANY_NOTIFICATIONS' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(running.census.requests()).toBe(asked);
    expect((await post(bob)).status).toBe(201);
  });

  it('refuses a caller who asks for too many, whoever it speaks for: 429', async () => {
    const post = (id: number, caller: string) =>
      running.send('POST', '/notification/', {
        token: aToken()
          .from(running.authServer)
          .to(herald)
          .caller(caller)
          .onBehalfOf(running.census.uri(id))
          .scopes('notifications:send'),
        body: JSON.stringify({ user: running.census.uri(bob), type: 'welcome-message' }),
      });
    for (let id = 100; id < 105; id++) {
      running.census.people.set(id, { name: 'A', email: 'a@example.com', team: 'blue' });
      expect((await post(id, 'busy')).status).toBe(201);
    }
    expect(await post(105, 'busy')).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_NOTIFICATIONS', detail: expect.stringContaining('caller') as string },
    });
    expect((await post(100, 'calm')).status).toBe(201);
  });

  it('takes no more than may wait: 503, and goes on when some have left', async () => {
    running.onRecipient = () => relayRefusal(450);
    const post = (id: number) =>
      running.send('POST', '/notification/', {
        token: aToken()
          .from(running.authServer)
          .to(herald)
          .caller(`caller-${id}`)
          .onBehalfOf(running.census.uri(id))
          .scopes('notifications:send'),
        body: JSON.stringify({ user: running.census.uri(bob), type: 'welcome-message' }),
      });
    let refused: AnswerToTest | undefined;
    for (let id = 200; id < 220 && refused === undefined; id++) {
      running.census.people.set(id, { name: 'A', email: 'a@example.com', team: 'blue' });
      const answer = await post(id);
      if (answer.status !== 201) refused = answer;
    }
    expect(refused).toMatchObject({ status: 503, body: { code: 'QUEUE_FULL' } });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    running.onRecipient = () => undefined;
    await until(async () => (await post(200)).status === 201);
  });

  it('describes itself: scopes per operation, notifications under their canonical address', async () => {
    const { body } = await running.send('GET', '/openapi.json');
    const paths = body['paths'] as Record<string, Record<string, { security: unknown }>>;
    const said = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { security }]) => [
        `${method.toUpperCase()} ${path}`,
        (security as Record<string, string[]>[]).flatMap((one) => Object.values(one).flat()),
      ]),
    );
    const read = ['notifications:send', 'notifications:read', 'notifications:read:any'];
    const look = ['notifications:send', 'notifications:preview'];
    expect(Object.fromEntries(said)).toEqual({
      'GET /.well-known/jwks.json': [],
      'GET /countersign/decisions': ['admin:read'],
      'GET /countersign/decisions/{decision}': ['admin:read'],
      'GET /health/live': [],
      'GET /health/ready': [],
      'POST /notification/': ['notifications:send', 'notifications:links'],
      'GET /notification/': read,
      'GET /notification/{id}/': read,
      'POST /notification/{id}/resend/': ['notifications:send', 'notifications:resend'],
      'GET /template/': look,
      'GET /template/{type}/preview/': look,
    });
  });
});
