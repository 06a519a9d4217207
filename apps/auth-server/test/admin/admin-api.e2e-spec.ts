import { aToken, createTestIssuer, until } from '@countersign/testing';

import {
  bootstrap,
  census,
  issuer,
  send,
  startAdminServer,
  tokenFor,
  type AdminServer,
  type Sent,
} from './start-admin-server.js';

describe('the admin API', () => {
  let server: AdminServer;
  let secret: string;
  let token: string;
  beforeAll(async () => {
    server = await startAdminServer();
    secret = await bootstrap(server);
    token = await tokenFor(server, 'ops', secret);
  }, 60_000);
  afterAll(() => server.stop());

  const as = (path: string, sent: Sent = {}) => send(server, path, { token, ...sent });
  const etagOf = async (path: string) => (await as(path)).headers.get('etag') ?? '';
  const create = (path: string, body: object) =>
    as(path, { method: 'PUT', headers: { 'if-none-match': '*' }, body });
  const change = async (path: string, body: object, seen = path) =>
    as(path, { method: 'PUT', headers: { 'if-match': await etagOf(seen) }, body });
  const remove = async (path: string, seen = path) =>
    as(path, { method: 'DELETE', headers: { 'if-match': await etagOf(seen) } });
  const clientWith = async (id: string, document: object = {}) => {
    await create(`/admin/clients/${id}`, { id, ...document });
    const { body } = await as(`/admin/clients/${id}/secrets`, {
      method: 'POST',
      body: { label: 'test' },
    });
    return body.secret as string;
  };

  describe('lets nobody in', () => {
    const paths = [
      'whoami',
      'openapi.json',
      'services',
      'services/census',
      'clients',
      'clients/ops',
      'clients/ops/secrets',
      'clients/ops/keys',
      'clients/ops/identities',
      'clients/ops/grants',
      'clients/ops/grants/admin',
      'clients/ops/on-behalf-of',
      'issuers',
      'keys',
      'revocations',
      'audit',
    ];

    it.each(paths)('without a token at %s', async (path) => {
      const answer = await send(server, `/admin/${path}`);
      expect(answer).toMatchObject({ status: 401, body: { code: 'TOKEN_MISSING' } });
      expect(answer.headers.get('www-authenticate')).not.toContain('error=');
    });

    it('with a token for another audience of this server', async () => {
      const other = await clientWith('elsewhere', {
        grants: [{ service: 'census', scopes: ['users:read'] }],
      });
      const foreign = await tokenFor(server, 'elsewhere', other, { resource: census });
      expect(await as('/admin/clients', { token: foreign })).toMatchObject({
        status: 401,
        body: { code: 'AUDIENCE_MISMATCH' },
      });
    });

    it('with a token that somebody else signed in the name of this server', async () => {
      const forger = await createTestIssuer({ issuer });
      const forged = aToken()
        .from(forger)
        .to(`${issuer}/admin`)
        .scopes('admin:read', 'admin:write')
        .caller('ops')
        .sign();
      expect((await as('/admin/clients', { token: forged })).status).toBe(401);
    });

    it('with admin:read alone who wants to change something', async () => {
      const auditor = await clientWith('auditor', {
        grants: [{ service: 'admin', scopes: ['admin:read'] }],
      });
      const reading = await tokenFor(server, 'auditor', auditor);
      expect((await as('/admin/clients', { token: reading })).status).toBe(200);
      const grab = { service: 'admin', scopes: ['admin:write'] };
      for (const [method, path, body] of [
        ['PUT', 'clients/auditor/grants/admin', grab],
        ['PUT', 'clients/new', { id: 'new' }],
        ['DELETE', 'clients/ops', undefined],
        ['POST', 'clients/ops/secrets', { label: 'mine' }],
        ['POST', 'keys/rotation', {}],
        ['POST', 'keys/emergency', { kid: 'a' }],
        ['POST', 'revocations', { kind: 'client', client: 'ops' }],
        ['POST', 'revocations/restart', {}],
      ] as const) {
        const answer = await as(`/admin/${path}`, {
          token: reading,
          method,
          headers: { 'if-none-match': '*' },
          ...(body && { body }),
        });
        expect(answer).toMatchObject({ status: 403, body: { code: 'SCOPE_MISSING' } });
      }
    });

    it('with a token that was revoked', async () => {
      const leaver = await clientWith('leaver', {
        grants: [{ service: 'admin', scopes: ['admin:read'] }],
      });
      const leaving = await tokenFor(server, 'leaver', leaver);
      expect((await as('/admin/whoami', { token: leaving })).status).toBe(200);
      const revoked = await as('/admin/revocations', {
        method: 'POST',
        body: { kind: 'token', token: leaving },
      });
      expect(revoked.status).toBe(201);
      const refused = async () => {
        const { status, body } = await as('/admin/whoami', { token: leaving });
        return status === 401 && body.code === 'TOKEN_REVOKED';
      };
      await until(refused, { seconds: 5, otherwise: 'a revocation takes more than five seconds' });
    });
  });

  describe('keeps documents', () => {
    it('creates, shows, changes and removes a service, each with its version', async () => {
      const document = { name: 'billing', audience: 'https://billing.example/', scopes: ['pay'] };
      const made = await create('/admin/services/billing', document);
      expect(made).toMatchObject({ status: 201, body: document });
      expect(made.headers.get('cache-control')).toBe('no-store');
      const seen = await as('/admin/services/billing');
      expect(seen.headers.get('etag')).toBe(made.headers.get('etag'));
      // What GET answers, PUT takes.
      const changed = await change('/admin/services/billing', {
        ...seen.body,
        scopes: ['pay', 'refund'],
      });
      expect(changed).toMatchObject({ status: 200, body: { scopes: ['pay', 'refund'] } });
      expect(changed.headers.get('etag')).not.toBe(made.headers.get('etag'));
      expect((await remove('/admin/services/billing')).status).toBe(204);
      expect((await as('/admin/services/billing')).status).toBe(404);
    });

    it('loses no change when two are made at once', async () => {
      await create('/admin/services/race', {
        name: 'race',
        audience: 'https://race.example/',
        scopes: ['a'],
      });
      const seen = await etagOf('/admin/services/race');
      const answers = await Promise.all(
        ['b', 'c'].map((scope) =>
          as('/admin/services/race', {
            method: 'PUT',
            headers: { 'if-match': seen },
            body: { name: 'race', audience: 'https://race.example/', scopes: [scope] },
          }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    });

    it('grants several things to one client at once', async () => {
      await create('/admin/clients/busy', { id: 'busy' });
      for (const name of ['one', 'two', 'three'])
        await create(`/admin/services/${name}`, {
          name,
          audience: `https://${name}.example/`,
          scopes: ['go'],
        });
      const answers = await Promise.all(
        ['one', 'two', 'three'].map((service) =>
          create(`/admin/clients/busy/grants/${service}`, { service, scopes: ['go'] }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
      expect((await as('/admin/clients/busy/grants')).body.items).toHaveLength(3);
      expect((await remove('/admin/services/one')).body).toMatchObject({ code: 'IN_USE' });
    });

    it('keeps grants, edges, keys and identities of a client', async () => {
      await create('/admin/clients/parts', { id: 'parts' });
      const grant = { service: 'census', scopes: ['users:read'], reason: 'reports' };
      const path = '/admin/clients/parts';
      expect((await create(`${path}/grants/census`, grant)).status).toBe(201);
      expect((await create(`${path}/grants/census`, grant)).status).toBe(409);
      expect(
        (await change(`${path}/grants/census`, { ...grant, scopes: ['users:write'] })).status,
      ).toBe(200);
      const edge = { source: 'exchange', target: 'census', scopes: ['users:write'] };
      expect((await create(`${path}/on-behalf-of/exchange/census`, edge)).status).toBe(201);
      const keys = { jwksUri: 'https://parts.example/jwks.json' };
      expect((await change(`${path}/keys`, keys, path)).status).toBe(200);
      await create('/admin/issuers/cluster', {
        name: 'cluster',
        kind: 'workloads',
        issuer: 'https://cluster.example',
        keys: { jwksUri: 'https://cluster.example/jwks' },
        algorithms: ['RS256'],
        maxLifetime: 3600,
      });
      const identities = [{ issuer: 'cluster', subject: 'system:serviceaccount:prod:parts' }];
      expect((await change(`${path}/identities`, { identities }, path)).status).toBe(200);
      expect((await as(path)).body).toMatchObject({
        grants: [{ ...grant, scopes: ['users:write'] }],
        onBehalfOf: [edge],
        keys,
        identities,
      });
      expect((await remove('/admin/issuers/cluster')).status).toBe(409);
      for (const part of ['grants/census', 'on-behalf-of/exchange/census', 'keys'])
        expect((await remove(`${path}/${part}`)).status).toBe(204);
      expect((await as(`${path}/keys`)).status).toBe(404);
    });

    it('shows a secret once, and never its digest', async () => {
      const shown = await clientWith('secretive', {
        grants: [{ service: 'census', scopes: ['users:read'] }],
      });
      expect(shown).toMatch(/^cs_secretive_/);
      await tokenFor(server, 'secretive', shown, { resource: census });
      const list = await as('/admin/clients/secretive/secrets');
      expect(list.body.items).toEqual([
        { id: expect.any(String), label: 'test', created: expect.any(String) },
      ]);
      const { id } = list.body.items[0];
      const path = `/admin/clients/secretive/secrets/${id}`;
      expect((await as(path, { method: 'DELETE' })).status).toBe(204);
      await expect(tokenFor(server, 'secretive', shown, { resource: census })).rejects.toThrow(
        'invalid_client',
      );
      expect(server.lines.join('')).not.toContain(shown);
      const { body } = await as('/admin/audit?client=secretive&limit=200');
      expect(JSON.stringify(body)).not.toContain(shown);
    });

    it('lists page by page, neither skipping nor repeating', async () => {
      for (let n = 0; n < 7; n += 1) await create(`/admin/clients/page-${n}`, { id: `page-${n}` });
      const ids: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const cursor: string = next === '' ? '' : `&after=${next}`;
        const { body } = await as(`/admin/clients?limit=3${cursor}`);
        expect(body.items.length).toBeLessThanOrEqual(3);
        ids.push(...body.items.map(({ id }: { id: string }) => id));
        next = body.next;
      }
      expect(ids.filter((id) => id.startsWith('page-'))).toHaveLength(7);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(ids);
    });
  });

  describe('refuses', () => {
    const service = (change: object = {}) => ({
      name: 'bad',
      audience: 'https://bad.example/',
      scopes: ['a'],
      ...change,
    });
    const at = '/admin/clients/bad';

    it.each<[string, string, object | string, string]>([
      [
        'a service with an audience of this server',
        'services/bad',
        service({ audience: `${issuer}/admin` }),
        '/audience',
      ],
      [
        'a service with the audience of another',
        'services/bad',
        service({ audience: census }),
        '/audience',
      ],
      [
        'an audience with a fragment',
        'services/bad',
        service({ audience: 'https://bad.example/#a' }),
        '/audience',
      ],
      ['a scope with a newline', 'services/bad', service({ scopes: ['a\nb'] }), '/scopes/0'],
      ['a scope twice', 'services/bad', service({ scopes: ['a', 'a'] }), '/scopes'],
      ['an unknown member', 'services/bad', service({ admin: true }), '/admin'],
      [
        'a life of a year',
        'services/bad',
        service({ tokenLifetime: 31_536_000 }),
        '/tokenLifetime',
      ],
      ['another name than the address says', 'services/bad', service({ name: 'good' }), '/name'],
      [
        'a private encryption key',
        'services/bad',
        service({ encryptionKey: { kty: 'oct', k: 'AA', kid: 'a' } }),
        '/encryptionKey',
      ],
      ['a list', 'services/bad', [service()], ''],
      [
        'a client with a service that is not there',
        'clients/bad',
        { id: 'bad', service: 'ghost' },
        '/service',
      ],
      [
        'a grant of a scope that is not there',
        'clients/bad',
        { id: 'bad', grants: [{ service: 'census', scopes: ['users:*'] }] },
        '/grants/0/scopes/0',
      ],
      [
        'a subject prefix without a slash',
        'clients/bad',
        {
          id: 'bad',
          grants: [
            {
              service: 'census',
              scopes: ['users:read'],
              subjects: ['https://census.example/user'],
            },
          ],
        },
        '/grants/0/subjects/0',
      ],
      [
        'a reason of two lines',
        'clients/bad',
        {
          id: 'bad',
          grants: [{ service: 'census', scopes: ['users:read'], reason: 'a\u001b[2J\nb' }],
        },
        '/grants/0/reason',
      ],
      [
        'a jwksUri with http',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'http://keys.example/' } },
        '/keys/jwksUri',
      ],
      [
        'a jwksUri of a file',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'file:///etc/passwd' } },
        '/keys/jwksUri',
      ],
      [
        'a jwksUri with gopher',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'gopher://keys.example/' } },
        '/keys/jwksUri',
      ],
      [
        'a jwksUri with credentials',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'https://a:b@keys.example/' } },
        '/keys/jwksUri',
      ],
      [
        'a jwksUri with a number for an address',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'https://0x7f000001/' } },
        '/keys/jwksUri',
      ],
      [
        'http to the metadata service of a cloud',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'http://169.254.169.254/' } },
        '/keys/jwksUri',
      ],
      [
        'the whole internet as a private network',
        'clients/bad',
        { id: 'bad', keys: { jwksUri: 'https://k.example/', networks: ['0.0.0.0/0'] } },
        '/keys/networks/0',
      ],
      [
        'a key with an unknown form',
        'clients/bad',
        { id: 'bad', keys: { jwks: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } },
        '/keys/jwks/0',
      ],
      [
        'an identity of an issuer that is not there',
        'clients/bad',
        { id: 'bad', identities: [{ issuer: 'ghost', subject: 'a' }] },
        '/identities/0/issuer',
      ],
      [
        'an issuer that is this server',
        'issuers/bad',
        {
          name: 'bad',
          kind: 'users',
          issuer,
          keys: { discover: true },
          algorithms: ['ES256'],
          maxLifetime: 60,
        },
        '/issuer',
      ],
      [
        'an issuer that signs with shared secrets',
        'issuers/bad',
        {
          name: 'bad',
          kind: 'users',
          issuer: 'https://bad.example',
          keys: { discover: true },
          algorithms: ['HS256'],
          maxLifetime: 60,
        },
        '/algorithms/0',
      ],
    ])('%s, naming the member', async (_what, path, body, pointer) => {
      const answer = await create(`/admin/${path}`, body as object);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
      const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
      expect(pointers).toContain(pointer);
      expect((await as(`/admin/${path}`)).status).toBe(404);
    });

    it('a document, naming everything that is wrong with it at once', async () => {
      const { body } = await create(
        '/admin/services/bad',
        service({ audience: 'x', scopes: [''] }),
      );
      expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
        '/audience',
        '/scopes/0',
      ]);
    });

    it.each([
      ['0 characters', ''],
      ['10,000 characters', 'a'.repeat(10_000)],
      ['a control character', 'a%07b'],
      ['a line end', 'a%0ab'],
      ['a homograph', 'w%D0%B5b'],
      ['a URI', 'https%3A%2F%2Fcensus.example%2Fuser%2F1%2F'],
      ['a path', '..%2Fservices'],
      ['a quote', "a'%20or%20'1'='1"],
    ])('a client id of %s', async (_what, id) => {
      const { status } = await create(`/admin/clients/${id}`, { id: decodeURIComponent(id) });
      expect([400, 404, 405, 414]).toContain(status);
    });

    it('a client id that differs from another by case only', async () => {
      await create('/admin/clients/twin', { id: 'twin' });
      expect((await create('/admin/clients/TWIN', { id: 'TWIN' })).status).toBe(400);
    });

    it.each([
      ['a duplicate member', `{"id":"bad","id":"other"}`, 400],
      ['__proto__', `{"id":"bad","__proto__":{"grants":[]}}`, 400],
      ['no JSON', '{"id":', 400],
      ['nothing', '', 400],
      ['a megabyte', JSON.stringify({ id: 'bad', reason: 'x'.repeat(1024 * 1024) }), 413],
      ['JSON 60 levels deep', `${'['.repeat(60)}${']'.repeat(60)}`, 400],
    ])('a body with %s', async (_what, body, status) => {
      const answer = await as(at, { method: 'PUT', headers: { 'if-none-match': '*' }, body });
      expect(answer.status).toBe(status);
      expect((await as(at)).status).toBe(404);
    });

    it.each([
      ['a form', 'application/x-www-form-urlencoded'],
      ['text', 'text/plain'],
      ['another charset', 'application/json; charset=utf-16'],
    ])('%s as a body', async (_what, type) => {
      const headers = { 'if-none-match': '*', 'content-type': type };
      expect((await as(at, { method: 'PUT', headers, body: '{"id":"bad"}' })).status).toBe(415);
    });

    it.each([
      ['a change without a version', {}, 428, 'PRECONDITION_REQUIRED'],
      ['a change of whatever is there', { 'if-match': '*' }, 400, 'PRECONDITION_INVALID'],
      ['a weak version', { 'if-match': 'W/"1"' }, 400, 'PRECONDITION_INVALID'],
      ['several versions', { 'if-match': '"1", "2"' }, 400, 'PRECONDITION_INVALID'],
      ['both conditions', { 'if-match': '"1"', 'if-none-match': '*' }, 400, 'PRECONDITION_INVALID'],
      ['a version that was never', { 'if-match': '"999999"' }, 412, 'CHANGED_MEANWHILE'],
      ['to create what is there', { 'if-none-match': '*' }, 409, 'EXISTS_ALREADY'],
    ])('%s', async (_what, headers, status, code) => {
      const body = { name: 'census', audience: census, scopes: ['users:read'] };
      expect(
        await as('/admin/services/census', { method: 'PUT', headers: headers as never, body }),
      ).toMatchObject({ status, body: { code } });
    });

    it('to remove without a version', async () => {
      expect((await as('/admin/services/census', { method: 'DELETE' })).status).toBe(428);
    });

    it.each(['admin', 'exchange'])('to change its own service %s', async (name) => {
      const seen = await as(`/admin/services/${name}`);
      expect(seen.status).toBe(200);
      const answer = await change(`/admin/services/${name}`, { ...seen.body, scopes: ['all'] });
      expect([400, 409]).toContain(answer.status);
      expect((await remove(`/admin/services/${name}`)).status).toBe(409);
    });

    it.each([
      'limit=0',
      'limit=-1',
      'limit=1e9',
      'limit=201',
      'limit=ten',
      'page=-1',
      'sort=secret',
      'limit=1&limit=2',
      'after=%00',
      'after=..',
      'after=%25',
    ])('a list with %s', async (query) => {
      expect(await as(`/admin/clients?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID' },
      });
    });

    it.each([
      ['a wildcard', 'client=%25', 200],
      ['SQL', `client=${encodeURIComponent("' or 1=1 --")}`, 200],
      ['an unknown member', 'actor=x', 400],
      ['a time that is none', 'from=yesterday', 400],
      ['a cursor that is none', 'after=1', 400],
    ])('to find more in the audit log with %s', async (_what, query, status) => {
      const answer = await as(`/admin/audit?${query}`);
      expect(answer.status).toBe(status);
      if (status === 200) expect(answer.body.items).toEqual([]);
    });
  });

  describe('locks nobody out', () => {
    it('refuses to remove oneself, and to give up the right to administer', async () => {
      const own = { status: 409, body: { code: 'OWN_RIGHT' } };
      expect(await remove('/admin/clients/ops')).toMatchObject(own);
      expect(await change('/admin/clients/ops', { id: 'ops' })).toMatchObject(own);
      expect(await remove('/admin/clients/ops/grants/admin')).toMatchObject(own);
      const narrower = { service: 'admin', scopes: ['admin:read'] };
      expect(await change('/admin/clients/ops/grants/admin', narrower)).toMatchObject(own);
      const { body } = await as('/admin/clients/ops/secrets');
      const [{ id }] = body.items;
      const path = `/admin/clients/ops/secrets/${id}`;
      expect(await as(path, { method: 'DELETE' })).toMatchObject(own);
    });

    it('takes a right from whoever holds it already in a token', async () => {
      const grants = [{ service: 'admin', scopes: ['admin:read', 'admin:write'] }];
      const former = await clientWith('former', { grants });
      const left = await tokenFor(server, 'former', former);
      expect((await as('/admin/whoami', { token: left })).status).toBe(200);
      expect((await remove('/admin/clients/former/grants/admin')).status).toBe(204);
      const comeback = { method: 'PUT', headers: { 'if-none-match': '*' }, body: { id: 'back' } };
      expect(await as('/admin/clients/back', { token: left, ...comeback })).toMatchObject({
        status: 401,
        body: { code: 'TOKEN_REVOKED' },
      });
    });

    it('leaves one of two administrators who remove each other', async () => {
      const one = await startAdminServer();
      const first = await tokenFor(one, 'ops', await bootstrap(one));
      const body = { id: 'second', grants: [{ service: 'admin', scopes: ['admin:write'] }] };
      const none = { 'if-none-match': '*' };
      await send(one, '/admin/clients/second', {
        method: 'PUT',
        token: first,
        headers: none,
        body,
      });
      const made = await send(one, '/admin/clients/second/secrets', {
        method: 'POST',
        token: first,
        body: { label: 'a' },
      });
      const second = await tokenFor(one, 'second', made.body.secret);
      const seen = async (id: string) =>
        (await send(one, `/admin/clients/${id}`, { token: first })).headers.get('etag') ?? '';
      const [ofOps, ofSecond] = [await seen('ops'), await seen('second')];
      const drop = (id: string, token: string, etag: string) =>
        send(one, `/admin/clients/${id}`, {
          method: 'DELETE',
          token,
          headers: { 'if-match': etag },
        });
      const answers = await Promise.all([
        drop('second', first, ofSecond),
        drop('ops', second, ofOps),
      ]);
      const statuses = answers.map(({ status }) => status).sort();
      expect([
        [204, 401],
        [204, 409],
      ]).toContainEqual(statuses);
      await one.stop();
    }, 60_000);
  });

  describe('keeps keys', () => {
    it('shows them, and has no way to delete the active one', async () => {
      const { body } = await as('/admin/keys');
      const active = body.items.find(({ state }: { state: string }) => state === 'active');
      expect(active).toMatchObject({ algorithm: 'ES256' });
      expect(JSON.stringify(body)).not.toMatch(/"d"|sealed/);
      expect((await as(`/admin/keys/${active.kid}`, { method: 'DELETE' })).status).toBe(404);
    });

    it('bounds how often anybody can rotate', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => as('/admin/keys/rotation', { method: 'POST', body: {} })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(19);
      expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
      const { body } = await send(server, '/.well-known/jwks.json');
      expect(body.keys.length).toBeLessThanOrEqual(4);
    });

    it('drops a compromised key at once, with every token it signed', async () => {
      const one = await startAdminServer();
      const ops = await bootstrap(one);
      const before = await tokenFor(one, 'ops', ops);
      const status = await send(one, '/admin/keys', { token: before });
      const isActive = ({ state }: { state: string }) => state === 'active';
      const { kid } = status.body.items.find(isActive);
      const dropped = await send(one, '/admin/keys/emergency', {
        method: 'POST',
        token: before,
        body: { kid },
      });
      expect(dropped.status).toBe(200);
      expect((await send(one, '/admin/whoami', { token: before })).status).toBe(401);
      const published = await send(one, '/.well-known/jwks.json');
      expect(JSON.stringify(published.body)).not.toContain(kid);
      const after = await tokenFor(one, 'ops', ops);
      const event = await send(one, '/admin/audit?event=keys.compromised', { token: after });
      expect(event.body.items).toContainEqual(expect.objectContaining({ kid, actor: 'ops' }));
      await one.stop();
    }, 60_000);

    it('refuses to drop a key that is not there', async () => {
      const drop = { method: 'POST', body: { kid: 'ghost' } };
      expect((await as('/admin/keys/emergency', drop)).status).toBe(404);
    });
  });

  describe('revokes', () => {
    it.each([
      ['a client', { kind: 'client', client: 'busy' }, 'busy'],
      [
        'a subject',
        { kind: 'subject', subject: 'https://census.example/user/1/' },
        'https://census.example/user/1/',
      ],
      ['a token by its id', { kind: 'token', jti: 'abc', expires: '2999-01-01T00:00:00Z' }, 'abc'],
      ['a key that is gone', { kind: 'key', kid: 'gone' }, 'gone'],
      [
        'what came before a fraction of a second',
        { kind: 'client', client: 'brief', before: '2026-01-01T00:00:00.5Z' },
        'brief',
      ],
    ])('%s', async (_what, body, value) => {
      expect((await as('/admin/revocations', { method: 'POST', body })).status).toBe(201);
      const list = await as('/admin/revocations');
      expect(list.body.items).toContainEqual(expect.objectContaining({ value }));
    });

    it('no key that still signs, or will: nobody could get in any more', async () => {
      const { items } = (await as('/admin/keys')).body as { items: { kid: string }[] };
      expect(items.length).toBeGreaterThan(1);
      for (const { kid } of items) {
        const body = { kind: 'key', kid };
        expect(await as('/admin/revocations', { method: 'POST', body })).toMatchObject({
          status: 409,
          body: { code: 'KEY_IN_USE' },
        });
      }
      expect((await as('/admin/whoami')).status).toBe(200);
    });

    it('what was issued before a time, and never what is still to come', async () => {
      const revoke = async (client: string, before: string) => {
        const body = { kind: 'client', client, before };
        expect((await as('/admin/revocations', { method: 'POST', body })).status).toBe(201);
        const { items } = (await as('/admin/revocations')).body as { items: { value: string }[] };
        return items.find(({ value }) => value === client);
      };
      expect(await revoke('early', '2026-01-01T00:00:00Z')).toMatchObject({
        before: '2026-01-01T00:00:00.000Z',
      });
      const { before } = (await revoke('late', '2999-01-01T00:00:00Z')) as unknown as {
        before: string;
      };
      expect(Date.parse(before)).toBeLessThan(Date.parse('2999-01-01T00:00:00Z'));
    });

    it('anew in another epoch, for guards that know more than a restored database', async () => {
      const epoch = async () => {
        const message = await (await fetch(`${server.url}/oauth2/revocations`)).text();
        const [, claims = ''] = message.split('.');
        return JSON.parse(Buffer.from(claims, 'base64url').toString()).epoch as string;
      };
      const before = await epoch();
      const restarted = await as('/admin/revocations/restart', { method: 'POST', body: {} });
      expect(restarted).toMatchObject({ status: 200, body: { restarted: true } });
      await until(async () => (await epoch()) !== before);
    });

    it.each([
      ['nothing', {}],
      ['another kind', { kind: 'all' }],
      ['a token without its end', { kind: 'token', jti: 'abc' }],
      ['what is no token', { kind: 'token', token: 'a.b.c' }],
      ['a client with a line end', { kind: 'client', client: 'a\nb' }],
      ['a member too many', { kind: 'client', client: 'a', before: 0 }],
    ])('refuses to revoke %s', async (_what, body) => {
      expect(await as('/admin/revocations', { method: 'POST', body })).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID' },
      });
    });
  });

  it('records who changed what', async () => {
    await create('/admin/clients/recorded', { id: 'recorded' });
    const { body } = await as('/admin/audit?client=recorded&event=registry.changed');
    expect(body.items[0]).toMatchObject({
      event: 'registry.changed',
      client: 'recorded',
      actor: 'ops',
      address: '127.0.0.1',
    });
    const first = await as('/admin/audit?event=admin.bootstrapped');
    expect(first.body.items).toMatchObject([{ client: 'ops' }]);
  });

  it('describes itself, with the scopes that the guard asks for', async () => {
    const { status, body } = await as('/admin/openapi.json');
    expect(status).toBe(200);
    const { paths } = body;
    expect(paths['/admin/clients/{id}'].get.security).toEqual([{ countersign: ['admin:read'] }]);
    expect(paths['/admin/clients/{id}'].put.security).toEqual([{ countersign: ['admin:write'] }]);
    expect(paths['/admin/bootstrap'].post.security).toEqual([]);
    expect(paths['/admin/whoami'].get.security).toHaveLength(2);
    const named = paths['/admin/clients/{id}/grants/{service}'].put.parameters;
    expect(named.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['id', 'service']),
    );
    expect(Object.keys(paths['/admin/clients/{id}'].put.responses)).toEqual(
      expect.arrayContaining(['400', '401', '403', '409', '412', '428']),
    );
    const { schema } = paths['/admin/services/{name}'].put.requestBody.content['application/json'];
    expect(schema).toMatchObject({ required: ['name', 'audience', 'scopes'] });
    expect(Object.keys(paths).every((path) => path.startsWith('/admin/'))).toBe(true);
    expect(paths['/admin/audit'].get.parameters.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['limit', 'after', 'client', 'code']),
    );
  });

  it.each(['GET', 'OPTIONS'])('answers no other origin (%s)', async (method) => {
    const answer = await as('/admin/clients', {
      method,
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each(['/admin//clients', '//admin/clients', '/admin/%63lients', '/admin/clients/'])(
    'guards %s as it guards /admin/clients',
    async (path) => {
      expect((await send(server, path)).status).toBe(401);
    },
  );
});
