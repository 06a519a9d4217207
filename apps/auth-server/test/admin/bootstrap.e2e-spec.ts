import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  aClock,
  send,
  startAdminServer,
  tokenFor,
  type AdminServer,
  type Answer,
} from './start-admin-server.js';

const claim = (server: AdminServer, body: object): Promise<Answer> =>
  send(server, '/admin/bootstrap', { method: 'POST', body });
const credentialOf = ({ credentialFile }: AdminServer) =>
  readFileSync(credentialFile, 'utf8').trim();

describe('the bootstrap', () => {
  let server: AdminServer;
  beforeAll(async () => {
    server = await startAdminServer();
  }, 60_000);
  afterAll(() => server.stop());

  it('writes a file that only its owner may read, and tells the log its path alone', () => {
    expect(statSync(server.credentialFile).mode & 0o777).toBe(0o600);
    const log = server.lines.join('');
    expect(log).toContain(JSON.stringify(server.credentialFile));
    expect(log).not.toContain(credentialOf(server));
  });

  it.each([
    ['a wrong credential', { credential: `cb_${'A'.repeat(43)}`, client: 'ops' }, 403],
    ['an empty credential', { credential: '', client: 'ops' }, 400],
    ['no credential', { client: 'ops' }, 400],
    ['a list', { credential: ['a'], client: 'ops' }, 400],
    ['no client', { credential: 'a' }, 400],
    ['a client that is a URI', { credential: 'a', client: 'https://ops.example/' }, 400],
    ['an unknown member', { credential: 'a', client: 'ops', scopes: ['*'] }, 400],
  ])('refuses %s', async (_what, body, status) => {
    const answer = await claim(server, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(existsSync(server.credentialFile)).toBe(true);
  });

  it('makes one administrator when two ask at once, and is over for everybody then', async () => {
    const credential = credentialOf(server);
    const answers = await Promise.all(
      ['ops', 'evil'].map((client) => claim(server, { credential, client })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410]);
    const { body, headers } = answers.find(({ status }) => status === 201)!;
    expect(headers.get('cache-control')).toBe('no-store');
    expect(existsSync(server.credentialFile)).toBe(false);
    expect(await claim(server, { credential, client: 'late' })).toMatchObject({
      status: 410,
      body: { code: 'BOOTSTRAP_OVER' },
    });
    const token = await tokenFor(server, body.client, body.secret);
    expect((await send(server, '/admin/whoami', { token })).body).toMatchObject({
      client: body.client,
      scopes: ['admin:read', 'admin:write'],
    });
    expect(server.lines.join('')).not.toContain(body.secret);
  });

  it('stops answering whoever tries too often', async () => {
    const tries = Array.from({ length: 25 }, () => claim(server, { credential: 'a', client: 'a' }));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses).toContain(429);
  });
});

describe('the bootstrap credential', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('ends after fifteen minutes, and a restart renews it', async () => {
    const clock = aClock();
    const server = await startAdminServer({ clock, directory });
    const old = credentialOf(server);
    clock.pass(15 * 60 + 1);
    expect(await claim(server, { credential: old, client: 'ops' })).toMatchObject({
      status: 403,
      body: { code: 'BOOTSTRAP_REFUSED' },
    });
    await server.stop();
    const next = await startAdminServer({ clock, directory });
    const renewed = credentialOf(next);
    expect(renewed).not.toBe(old);
    expect((await claim(next, { credential: old, client: 'ops' })).status).toBe(403);
    expect((await claim(next, { credential: renewed, client: 'ops' })).status).toBe(201);
    await next.stop();
    const last = await startAdminServer({ clock, directory });
    expect(existsSync(last.credentialFile)).toBe(false);
    await last.stop();
  }, 90_000);
});

describe('ADMIN_API=off', () => {
  it('leaves nothing below /admin, and writes no credential', async () => {
    const server = await startAdminServer({ env: { ADMIN_API: 'off' } });
    const answers = await Promise.all(
      ['bootstrap', 'whoami', 'clients'].map((path) => send(server, `/admin/${path}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(existsSync(server.credentialFile)).toBe(false);
    await server.stop();
  }, 60_000);
});
