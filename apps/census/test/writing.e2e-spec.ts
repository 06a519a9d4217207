import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import type { AnswerToTest, TokenBuilder } from '@countersign/testing';

import {
  asService,
  asUser,
  bearer,
  jwt,
  startCensus,
  uri,
  type Fields,
  type RunningCensus,
} from './support/start-census.js';

const users = [
  { id: 1, name: 'Root', email: 'root@example.com', team: 'staff', role: 'administrator' },
  { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue' },
  { id: 42, name: 'Bob', email: 'bob@example.com', team: 'blue' },
  { id: 7, name: 'Eve', email: 'eve@example.com', team: 'green' },
];
const [root, ada, bob, eve, nobody] = [1, 21, 42, 7, 99];
const newcomer = { name: 'Cleo', email: 'cleo@example.com', team: 'blue' };

describe.each(['pglite', 'postgresql'] as const)('Census writes users on %s', (engine) => {
  let postgres: TestPostgres | undefined;
  let running: RunningCensus;

  beforeAll(async () => {
    postgres = engine === 'postgresql' ? await startPostgres() : undefined;
    running = await startCensus(users, await postgres?.url('census'));
  }, 60_000);
  afterAll(async () => {
    await running.close();
    await postgres?.stop();
  });

  const service = (): TokenBuilder =>
    asService(running.authServer, 'users:read:any', 'users:write:any');
  const user = (id: number, ...scopes: string[]): TokenBuilder =>
    asUser(running.authServer, id, ...(scopes.length > 0 ? scopes : ['users:read', 'users:write']));
  const send = (
    method: string,
    address: string,
    token: TokenBuilder | Fields | undefined,
    body?: unknown,
    fields: Fields = {},
  ): Promise<AnswerToTest> => {
    const credentials = token === undefined ? {} : 'sign' in token ? bearer(token as never) : token;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = {
      ...(body !== undefined && { 'content-type': type }),
      ...(credentials as Fields),
      ...fields,
    };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return running.send(method, address, { headers, ...(body !== undefined && { body: text }) });
  };
  const path = (id: number) => `/user/${id}/`;
  const read = (id: number) => send('GET', path(id), service());
  const etagOf = async (id: number) => String((await read(id)).headers['etag']);
  /** Changes a user as read just now. */
  const change = async (
    method: 'PUT' | 'PATCH' | 'DELETE',
    id: number,
    token: TokenBuilder,
    body?: unknown,
    fields: Fields = {},
  ) => send(method, path(id), token, body, { 'if-match': await etagOf(id), ...fields });
  const codeOf = ({ status, body }: AnswerToTest) => [status, body['code']];
  const pointersOf = ({ body }: AnswerToTest) =>
    (body['errors'] as { pointer: string }[] | undefined)?.map(({ pointer }) => pointer);
  /** Runs what must change nobody. */
  const withoutTrace = async (work: () => Promise<void>): Promise<void> => {
    const everybody = async () => (await send('GET', '/user/?limit=100', service())).text;
    const before = await everybody();
    await work();
    expect(await everybody()).toBe(before);
  };

  describe('POST', () => {
    it.each<[string, () => TokenBuilder]>([
      ['a service of its own right', service],
      ['an administrator', () => user(root)],
    ])('creates for %s: 201, Location, ETag; read, then deleted', async (_, token) => {
      const created = await send('POST', '/user/', token(), newcomer);
      expect(created.status).toBe(201);
      const location = String(created.headers['location']);
      expect(created.body).toEqual({ ...newcomer, uri: location, role: 'member' });
      expect(location).toMatch(/^https:\/\/census\.example\/user\/[1-9]\d*\/$/);
      const own = location.slice('https://census.example'.length);
      const again = await send('GET', own, service());
      expect(again).toMatchObject({ status: 200, body: created.body });
      expect(again.headers['etag']).toBe(created.headers['etag']);

      const fields = { 'if-match': String(created.headers['etag']) };
      expect((await send('DELETE', own, token(), undefined, fields)).status).toBe(204);
      expect(codeOf(await send('GET', own, service()))).toEqual([404, 'USER_UNKNOWN']);
    });

    it.each<[string, () => TokenBuilder | Fields | undefined, number]>([
      ['nobody', () => undefined, 401],
      ['a member', () => user(ada), 403],
      ['a user who does not exist', () => user(nobody), 403],
      ['a service that only reads', () => asService(running.authServer, 'users:read:any'), 403],
      ['users:write without a user', () => asService(running.authServer, 'users:write'), 403],
      ['users:write:any for a user', () => user(root, 'users:write:any'), 403],
      [
        'Herald, for an administrator',
        () => jwt(asUser(running.herald, root, 'users:write', 'users:write:any')),
        403,
      ],
    ])('refuses %s', (_, token, status) =>
      withoutTrace(async () => {
        expect((await send('POST', '/user/', token(), newcomer)).status).toBe(status);
      }),
    );

    it.each<[string, unknown, string[]]>([
      ['null', null, ['']],
      ['a list', [newcomer], ['']],
      ['text', '"Cleo"', ['']],
      ['nothing', {}, ['/name', '/email', '/team']],
      ['wrong types', { name: 1, email: [], team: {} }, ['/name', '/email', '/team']],
      ['an unknown role', { ...newcomer, role: 'root' }, ['/role']],
      ['a number of its own', { ...newcomer, id: 21 }, ['/id']],
      ['a URI of its own', { ...newcomer, uri: uri(21) }, ['/uri']],
      ['members nobody knows', { ...newcomer, admin: true, 'a/b': 1 }, ['/admin', '/a~1b']],
      ['a name with a line break', { ...newcomer, name: 'C\r\nBcc: eve@evil.example' }, ['/name']],
      ['a name written backwards', { ...newcomer, name: 'Cleo\u202eoelC' }, ['/name']],
      ['a name that looks like another', { ...newcomer, name: 'Аda' }, ['/name']],
      ['a name of blanks', { ...newcomer, name: ' \t ' }, ['/name']],
      ['a name of 201 characters', { ...newcomer, name: 'x'.repeat(201) }, ['/name']],
      ['a team of 65 characters', { ...newcomer, team: 'x'.repeat(65) }, ['/team']],
    ])('refuses %s, naming every wrong member', (_, body, pointers) =>
      withoutTrace(async () => {
        const answer = await send('POST', '/user/', service(), body);
        expect(codeOf(answer)).toEqual([422, 'BODY_INVALID']);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(pointersOf(answer)).toEqual(pointers);
      }),
    );

    it.each([
      'cleo',
      'cleo@',
      '@example.com',
      'cleo@localhost',
      'cleo@example.com\r\nBcc: eve@evil.example',
      'cleo@example.com\0',
      ' cleo@example.com',
      'cleo@example.com,eve@evil.example',
      'cleo@example.com; eve@evil.example',
      'team: cleo@example.com, eve@evil.example;',
      'Cleo <cleo@example.com>',
      '"cleo@evil.example x"@example.com',
      'cleo(x)@example.com',
      'cleo@[127.0.0.1]',
      'clео@example.com',
      'cleo@exаmple.com',
      'cleo@example.com\u200b',
      `${'x'.repeat(65)}@example.com`,
      `cleo@${'x'.repeat(250)}.com`,
      '(('.repeat(2_500),
    ])('refuses the address %.40j', (email) =>
      withoutTrace(async () => {
        const answer = await send('POST', '/user/', service(), { ...newcomer, email });
        expect(codeOf(answer)).toEqual([422, 'BODY_INVALID']);
        expect(pointersOf(answer)).toEqual(['/email']);
        expect(answer.text).not.toContain('evil');
      }),
    );

    it.each(['bob@example.com', 'BOB@Example.COM'])('refuses the taken address %s: 409', (email) =>
      withoutTrace(async () => {
        const answer = await send('POST', '/user/', service(), { ...newcomer, email });
        expect(codeOf(answer)).toEqual([409, 'EMAIL_TAKEN']);
        expect(pointersOf(answer)).toEqual(['/email']);
      }),
    );

    it('gives an address to one of two who ask for it at once', async () => {
      const rivals = [newcomer, { ...newcomer, email: newcomer.email.toUpperCase() }];
      const answers = await Promise.all(
        rivals.map((one) => send('POST', '/user/', service(), one)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const winner = answers.find(({ status }) => status === 201);
      const own = String(winner?.headers['location']).slice('https://census.example'.length);
      const fields = { 'if-match': '*' };
      expect((await send('DELETE', own, service(), undefined, fields)).status).toBe(204);
    });

    it.each<[string, string, Fields, number]>([
      ['broken JSON', '{"name":', {}, 400],
      ['duplicate members', '{"name":"a","name":"b"}', {}, 400],
      ['__proto__', '{"__proto__":{"role":"administrator"}}', {}, 400],
      ['nesting of 1000', '['.repeat(1_000), {}, 400],
      ['more than 64 KB', JSON.stringify({ name: 'x'.repeat(70_000) }), {}, 413],
      ['a form', 'name=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
      ['a merge patch', '{}', { 'content-type': 'application/merge-patch+json' }, 415],
      ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415],
      ['a content coding', '{}', { 'content-encoding': 'gzip' }, 415],
    ])('refuses %s', (_, body, fields, status) =>
      withoutTrace(async () => {
        const answer = await send('POST', '/user/', service(), body, fields);
        expect(answer.status).toBe(status);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      }),
    );
  });

  describe('PUT and PATCH', () => {
    const full = { name: 'Ada', email: 'ada@example.com', team: 'blue', role: 'member' };

    it('let a user replace the own name and address, and no more', async () => {
      const renamed = await change('PUT', ada, user(ada), {
        ...full,
        uri: uri(ada),
        name: ' Ada\u0301 ',
      });
      expect(renamed).toMatchObject({ status: 200, body: { uri: uri(ada), name: 'Ad\u00e1' } });
      for (const body of [{ team: 'green' }, { role: 'administrator' }])
        await withoutTrace(async () => {
          const answer = await change('PUT', ada, user(ada), { ...full, ...body });
          expect(codeOf(answer)).toEqual([403, 'MEMBER_FORBIDDEN']);
          const patched = await change('PATCH', ada, user(ada), body);
          expect(pointersOf(patched)).toEqual(Object.keys(body).map((member) => `/${member}`));
        });
      const back = await change('PATCH', ada, user(ada), { name: 'Ada' });
      expect(back).toMatchObject({ status: 200, body: { ...full, uri: uri(ada) } });
    });

    it.each<[string, () => TokenBuilder]>([
      ['an administrator', () => user(root)],
      ['a service of its own right', service],
    ])('let %s change everything of everybody', async (_, token) => {
      const patch = { team: 'green', role: 'administrator', email: 'BOB@example.com' };
      const patched = await change('PATCH', bob, token(), patch);
      expect(patched).toMatchObject({ status: 200, body: { name: 'Bob', ...patch } });
      const before = { name: 'Bob', email: 'bob@example.com', team: 'blue', role: 'member' };
      const replaced = await change('PUT', bob, token(), before);
      expect(replaced).toMatchObject({ status: 200, body: before });
    });

    it.each<[string, () => TokenBuilder | Fields, number]>([
      ['of the own team', () => user(ada), bob],
      ['of another team', () => user(ada), eve],
      ['who does not exist', () => user(ada), nobody],
      ['as a user who does not exist', () => user(nobody), ada],
      ['with the scope to read', () => user(ada, 'users:read'), ada],
      ['as Herald', () => jwt(asUser(running.herald, ada, 'users:write')), ada],
    ])('refuse another user %s', (_, token, id) =>
      withoutTrace(async () => {
        const fields = { 'if-match': '*' };
        for (const [method, body] of [['PUT', full], ['PATCH', {}], ['DELETE']] as const)
          expect((await send(method, path(id), token(), body, fields)).status).toBe(403);
      }),
    );

    it('refuse users who delete themselves', () =>
      withoutTrace(async () => {
        expect((await change('DELETE', ada, user(ada))).status).toBe(403);
      }));

    it('tell services and administrators, and only them, who does not exist', async () => {
      for (const token of [service(), user(root)])
        for (const [method, body] of [['PUT', full], ['PATCH', {}], ['DELETE']] as const)
          expect(
            codeOf(await send(method, path(nobody), token, body, { 'if-match': '*' })),
          ).toEqual([404, 'USER_UNKNOWN']);
    });

    it.each<[string, Fields, number, string]>([
      ['no If-Match', {}, 428, 'CONDITION_REQUIRED'],
      ['an old ETag', { 'if-match': '"0"' }, 412, 'USER_CHANGED'],
      ['a list of old ETags', { 'if-match': '"0", "1"' }, 412, 'USER_CHANGED'],
      ['no list of ETags', { 'if-match': '7' }, 400, 'CONDITION_INVALID'],
    ])('refuse %s', (_, fields, status, code) =>
      withoutTrace(async () => {
        for (const [method, body] of [['PUT', full], ['PATCH', {}], ['DELETE']] as const)
          expect(codeOf(await send(method, path(ada), service(), body, fields))).toEqual([
            status,
            code,
          ]);
      }),
    );

    it('refuse a weak ETag: it does not tell whether the user is the same', () =>
      withoutTrace(async () => {
        const fields = { 'if-match': `W/${await etagOf(ada)}` };
        const answer = await send('PATCH', path(ada), service(), { name: 'X' }, fields);
        expect(answer.status).toBe(412);
      }));

    it('lose no update: of two made from the same version one is refused', async () => {
      const fields = { 'if-match': await etagOf(eve) };
      const names = ['Eva', 'Evi'];
      const answers = await Promise.all(
        names.map((name) => send('PATCH', path(eve), service(), { name }, fields)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = answers.find(({ status }) => status === 200);
      expect((await read(eve)).body).toEqual(winner?.body);
      await change('PATCH', eve, service(), { name: 'Eve' });
    });

    it('give no new version for a change that changes nothing', async () => {
      const before = await etagOf(ada);
      const answer = await change('PATCH', ada, user(ada), { name: 'Ada' });
      expect([answer.status, answer.headers['etag']]).toEqual([200, before]);
    });

    it.each<[string, unknown, string[]]>([
      ['that is a list', [], ['']],
      ['that is text', '"x"', ['']],
      ['that is null', 'null', ['']],
      ['that removes a member', { email: null, team: null }, ['/email', '/team']],
      ['with a nested name', { name: { first: 'Ada' } }, ['/name']],
      ['with another URI', { uri: uri(bob) }, ['/uri']],
      ['with a number', { id: 42 }, ['/id']],
      ['with a second header', { email: 'ada@example.com\r\nBcc: eve@evil.example' }, ['/email']],
    ])('refuse a patch %s, naming the members', (_, patch, pointers) =>
      withoutTrace(async () => {
        const answer = await change('PATCH', ada, service(), patch);
        expect(codeOf(answer)).toEqual([422, 'BODY_INVALID']);
        expect(pointersOf(answer)).toEqual(pointers);
      }),
    );

    it('refuse an address that another user has: 409', () =>
      withoutTrace(async () => {
        const answer = await change('PATCH', ada, user(ada), { email: 'Bob@example.com' });
        expect(codeOf(answer)).toEqual([409, 'EMAIL_TAKEN']);
      }));

    it('refuse a replacement that leaves a member out', () =>
      withoutTrace(async () => {
        const answer = await change('PUT', ada, service(), { name: 'Ada' });
        expect(pointersOf(answer)).toEqual(['/email', '/team', '/role']);
      }));

    it('refuse each other’s media type: 415', () =>
      withoutTrace(async () => {
        const json = { 'content-type': 'application/json' };
        expect((await change('PATCH', ada, service(), {}, json)).status).toBe(415);
        const patch = { 'content-type': 'application/merge-patch+json' };
        expect((await change('PUT', ada, service(), full, patch)).status).toBe(415);
      }));
  });

  describe('GET', () => {
    it('answers 304, without a body, to who has this version, and only to them', async () => {
      const etag = await etagOf(bob);
      const ask = (token: TokenBuilder, known: string) =>
        send('GET', path(bob), token, undefined, { 'if-none-match': known });
      for (const known of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
        const answer = await ask(user(ada), known);
        expect([answer.status, answer.text, answer.headers['etag']]).toEqual([304, '', etag]);
      }
      expect((await ask(user(ada), '"0"')).status).toBe(200);
      expect((await ask(user(eve), '*')).status).toBe(403);
    });

    it('lists each asker those they see, page by page, each once', async () => {
      const seenBy = async (token: TokenBuilder, limit: number) => {
        const seen: unknown[] = [];
        let next: string | undefined = `/user/?limit=${limit}`;
        while (next !== undefined) {
          const page: AnswerToTest = await send('GET', next, token);
          expect(page.status).toBe(200);
          const found = page.body['users'] as { uri: string }[];
          expect(found.length).toBeLessThanOrEqual(limit);
          seen.push(...found.map((one) => one.uri));
          const url = page.body['next'] as string | undefined;
          const link = url === undefined ? undefined : `<${url}>; rel="next"`;
          expect(page.headers['link']).toBe(link);
          next = url?.slice('https://census.example'.length);
        }
        return seen;
      };
      const everybody = [root, eve, ada, bob].map(uri);
      for (const limit of [1, 2, 4, 100]) {
        expect(await seenBy(service(), limit)).toEqual(everybody);
        expect(await seenBy(user(root), limit)).toEqual(everybody);
        expect(await seenBy(user(ada), limit)).toEqual([ada, bob].map(uri));
        expect(await seenBy(user(eve), limit)).toEqual([eve].map(uri));
      }
    });

    it('shows nobody more by the cursor of somebody else', async () => {
      const page = await send('GET', '/user/?limit=1', service());
      const next = String(page.body['next']).slice('https://census.example'.length);
      const answer = await send('GET', next.replace('limit=1', 'limit=100'), user(eve));
      expect((answer.body['users'] as object[]).length).toBe(1);
    });

    it.each<[string, () => TokenBuilder | undefined, number]>([
      ['nobody', () => undefined, 401],
      ['a user who does not exist', () => user(nobody), 403],
      ['users:read without a user', () => asService(running.authServer, 'users:read'), 403],
      ['users:read:any for a user', () => user(ada, 'users:read:any'), 403],
      ['the scope to write', () => user(ada, 'users:write'), 403],
    ])('lists nothing to %s', async (_, token, status) => {
      const answer = await send('GET', '/user/', token());
      expect(answer.status).toBe(status);
      expect(answer.text).not.toContain('@example.com');
    });

    it.each<[string, string[]]>([
      ['limit=0', ['/limit']],
      ['limit=-1', ['/limit']],
      ['limit=1e9', ['/limit']],
      ['limit=', ['/limit']],
      ['limit=1&limit=2', ['/limit']],
      ['cursor=x', ['/cursor']],
      ['cursor=', ['/cursor']],
      ['cursor=%00', ['/cursor']],
      ['cursor=dTE6MScgT1IgMT0x', ['/cursor']],
      ['page=2', ['/page']],
      ['fields=password_hash', ['/fields']],
      ['limit=0&cursor=x&sort=email', ['/limit', '/cursor', '/sort']],
    ])('refuses the query %s, naming the parameters', async (query, pointers) => {
      const answer = await send('GET', `/user/?${query}`, service());
      expect(codeOf(answer)).toEqual([400, 'QUERY_INVALID']);
      expect(pointersOf(answer)).toEqual(pointers);
    });

    it('gives no more than 100, whatever is asked for', async () => {
      const answer = await send('GET', '/user/?limit=1000000000', service());
      expect(answer.status).toBe(200);
    });

    it('ends the guessing of users with 429, of the guesser alone', async () => {
      const guesser = asUser(running.authServer, eve, 'users:read').caller('guesser');
      const guess = (id: number) => send('GET', path(id), guesser);
      const statuses = [];
      for (let id = 1_000; id < 1_101; id++) statuses.push((await guess(id)).status);
      expect(statuses.slice(0, 100).every((status) => status === 403)).toBe(true);
      expect(statuses[100]).toBe(429);
      const answer = await guess(eve);
      expect(codeOf(answer)).toEqual([429, 'TOO_MANY_MISSES']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect((await send('GET', path(eve), user(eve))).status).toBe(200);
    }, 30_000);
  });

  it('writes neither addresses nor tokens into its log', () => {
    expect(running.log()).toContain('user.changed');
    expect(running.log()).toContain('users.guessed');
    expect(running.log()).not.toContain('@example.com');
    expect(running.log()).not.toMatch(/eyJ/);
  });
});
