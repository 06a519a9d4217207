import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { run } from './run.js';

/** What one command said, and its exit code. */
interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));

const problem = (status: number, code: string, more: object = {}): Handler =>
  answer(status, { type: 'about:blank', title: 'No', status, code, detail: 'No', ...more });

describe('run', () => {
  let directory: string;
  let server: Server;
  let url: string;
  let requests: { method: string; url: string; headers: IncomingMessage['headers'] }[];
  let admin: Handler;
  let token: Handler;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cli-'));
    writeFileSync(join(directory, 'secret'), 'a-secret\n');
    server = createServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, url: path, headers });
      request.resume();
      (path === '/oauth2/token' ? token : admin)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    requests = [];
    token = answer(200, { access_token: 'a-token', scope: 'admin:read', expires_in: 300 });
    admin = answer(200, { items: [], next: null });
  });

  const countersign = async (
    args: string | readonly string[],
    {
      env = {},
      input = '',
      isTTY = false,
    }: { env?: Record<string, string>; input?: string; isTTY?: boolean } = {},
  ): Promise<Ran> => {
    let [stdout, stderr] = ['', ''];
    const stdin = Object.assign(new PassThrough(), { isTTY });
    stdin.end(input);
    const into = (add: (text: string) => void) =>
      new Writable({ write: (chunk, _encoding, done) => (add(String(chunk)), done()) });
    const code = await run({
      argv: typeof args === 'string' ? args.split(' ') : args,
      env: {
        HOME: directory,
        COUNTERSIGN_SERVER: url,
        COUNTERSIGN_CLIENT: 'ops',
        COUNTERSIGN_SECRET_FILE: join(directory, 'secret'),
        ...env,
      },
      stdin,
      stdout: into((text) => void (stdout += text)),
      stderr: into((text) => void (stderr += text)),
    });
    return { code, stdout, stderr };
  };

  it('asks for a token of its own audience by HTTP Basic, and sends it along', async () => {
    expect(await countersign('service list')).toMatchObject({ code: 0 });
    const [first, second] = requests;
    expect(first).toMatchObject({ method: 'POST', url: '/oauth2/token' });
    const basic = Buffer.from('ops:a-secret').toString('base64');
    expect(first?.headers.authorization).toBe(`Basic ${basic}`);
    expect(second?.url).toBe('/admin/services?limit=200');
    expect(second?.headers.authorization).toBe('Bearer a-token');
  });

  it.each<[string, () => void, number, string]>([
    ['done', () => undefined, 0, ''],
    [
      'refused at the token endpoint',
      () => (token = answer(401, { error: 'invalid_client' })),
      1,
      'invalid_client',
    ],
    ['refused for its scopes', () => (admin = problem(403, 'SCOPE_MISSING')), 1, 'admin:read'],
    ['refused as a conflict', () => (admin = problem(409, 'IN_USE')), 1, 'IN_USE'],
    ['refused as too much', () => (admin = problem(429, 'TOO_MANY', {})), 1, 'Wait'],
    ['unable', () => (admin = problem(503, 'UNAVAILABLE')), 3, 'cannot answer'],
    ['failing', () => (admin = answer(500, '')), 3, 'cannot answer'],
    ['another program', () => (admin = answer(200, '<html>')), 3, 'JSON'],
    [
      'answering what nobody understands',
      () => (admin = answer(200, { all: [] })),
      3,
      'Countersign',
    ],
    ['hanging up', () => (admin = (request) => request.socket.destroy()), 3, 'reached'],
    ['silent', () => (admin = () => undefined), 3, 'within 1 s'],
    ['larger than anything', () => (admin = answer(200, `"${'x'.repeat(9_000_000)}"`)), 3, '8 MiB'],
    [
      'somewhere else',
      () => (admin = answer(302, '', { location: 'https://evil.example/' })),
      4,
      'redirect',
    ],
  ])('ends by the exit code of a server that is %s', async (_what, arrange, code, said) => {
    arrange();
    const ran = await countersign('service list --timeout 1');
    expect({ ...ran, stdout: '' }).toMatchObject({ code });
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toMatch(/a-secret|a-token/);
  });

  it('names every member that the server found wrong', async () => {
    admin = problem(400, 'REQUEST_INVALID', {
      errors: [{ pointer: '/scopes/0', detail: 'must be a scope' }],
    });
    const ran = await countersign('service add a --audience https://a.example/ --scope b');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('/scopes/0: must be a scope');
    const { stderr } = await countersign('service list --json');
    expect(JSON.parse(stderr)).toMatchObject({
      error: 'refused',
      problem: { code: 'REQUEST_INVALID' },
    });
  });

  it.each([
    ['--secret', ['whoami', '--secret', 'hunter2']],
    ['--client-secret=…', ['whoami', '--client-secret=hunter2']],
    ['--token', ['revoke', 'token', '--token', 'hunter2']],
    ['a secret of ours', ['login', '--client', `cs_ops_${'x'.repeat(49)}`]],
    ['a JWT', ['revoke', 'subject', `${'ey'}JhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln`]],
  ])('refuses %s among its arguments without repeating it', async (_what, args) => {
    const ran = await countersign(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('can read the arguments');
    expect(ran.stderr).not.toContain(args.at(-1)!.split('=').at(-1));
    expect(requests).toEqual([]);
  });

  it.each([
    ['no server', { COUNTERSIGN_SERVER: '' }, '--server'],
    ['no client', { COUNTERSIGN_CLIENT: '' }, '--client'],
    ['no secret', { COUNTERSIGN_SECRET_FILE: '' }, '--secret-file'],
    ['an empty secret', { COUNTERSIGN_SECRET_FILE: '/dev/null' }, 'no secret'],
    ['a server in the clear', { COUNTERSIGN_SERVER: 'http://auth.example' }, 'https'],
    [
      'a server with credentials',
      { COUNTERSIGN_SERVER: 'https://a:b@auth.example' },
      'credentials',
    ],
    ['a file for a server', { COUNTERSIGN_SERVER: 'file:///etc/passwd' }, 'https'],
  ])('ends with 4 and the fix when it has %s', async (_what, env, said) => {
    const ran = await countersign('whoami', { env });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toContain(said);
    expect(requests).toEqual([]);
  });

  it.each([
    ['others may read it', '{"server":"https://auth.example"}', 0o644, 'chmod 600'],
    ['it has a member twice', '{"client":"a","client":"b"}', 0o600, 'strict JSON'],
    ['it holds something else', '{"password":"a"}', 0o600, 'must be an object'],
  ])('refuses a configuration file when %s', async (_what, content, mode, said) => {
    const path = join(directory, 'config.json');
    writeFileSync(path, content);
    chmodSync(path, mode);
    const ran = await countersign('whoami', { env: { COUNTERSIGN_CONFIG: path } });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(said);
    rmSync(path);
  });

  it('aligns its tables, and shows what would move the cursor', async () => {
    admin = answer(200, {
      items: [
        { name: 'census', audience: 'https://census.example/', scopes: ['a', 'b'] },
        { name: 'x', audience: 'evil\u001b[2J\n\u202e', scopes: [] },
      ],
      next: null,
    });
    const { stdout } = await countersign('service list');
    const [heading, first, second] = stdout.split('\n');
    expect(heading).toMatch(/^NAME +AUDIENCE +SCOPES/);
    expect(first).toContain('a b');
    expect(second).toContain('evil\\u001b[2J\\u000a\\u202e');
    expect(first?.indexOf('https')).toBe(second?.indexOf('evil'));
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const { stdout: text } = await countersign('service list --json');
    expect(text).not.toContain('\u202e');
    expect(JSON.parse(text)[1].audience).toBe('evil\u001b[2J\n\u202e');
  });

  it('reads lists page by page', async () => {
    admin = (request, response) => {
      const after = new URL(request.url ?? '', url).searchParams.get('after');
      answer(200, { items: [{ id: after ?? 'first' }], next: after ? null : 'second' })(
        request,
        response,
      );
    };
    const { stdout } = await countersign('client list --json');
    expect(JSON.parse(stdout)).toMatchObject([{ id: 'first' }, { id: 'second' }]);
  });

  it('changes what it has seen, and nothing newer', async () => {
    admin = answer(200, { name: 'census', scopes: ['a'] }, { etag: '"7"' });
    await countersign('service set census --lifetime 60');
    expect(requests.at(-1)).toMatchObject({ method: 'PUT', headers: { 'if-match': '"7"' } });
    admin = problem(412, 'CHANGED_MEANWHILE');
    const { code, stderr } = await countersign('service set census --lifetime 60');
    expect(code).toBe(1);
    expect(stderr).toContain('look at it again');
  });

  it.each(['..', '.', '../clients', 'a/b', 'a?b', '%2e%2e'])(
    'asks nobody else for the service %s',
    async (name) => {
      await countersign(['service', 'show', name]);
      for (const { url: path } of requests.slice(1)) {
        expect(path.startsWith('/admin/services/')).toBe(true);
        expect(path.split('/')).toHaveLength(4);
      }
    },
  );

  it.each([
    ['y\n', 0],
    ['n\n', 1],
    ['\n', 1],
  ])('asks at a terminal before something is lost (%j)', async (input, code) => {
    admin = answer(200, { id: 'web' }, { etag: '"1"' });
    const ran = await countersign('client remove web', { input, isTTY: true });
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain('[y/N]');
    expect(requests.some(({ method }) => method === 'DELETE')).toBe(code === 0);
  });

  it('does not read a secret that is typed at a terminal', async () => {
    const ran = await countersign('whoami --secret-file -', { isTTY: true });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('echoed');
  });

  it('never overwrites a file with a secret, and makes none then', async () => {
    const out = join(directory, 'there');
    writeFileSync(out, 'mine');
    const ran = await countersign(['secret', 'add', 'web', '--out', out]);
    expect(ran.code).toBe(2);
    expect(requests).toEqual([]);
  });

  it('finds a person by address, and changes only what was asked, as it was seen', async () => {
    const person = {
      id: '6f1c3c0e-0000-4000-8000-000000000001',
      email: 'ada@example.com',
      name: 'Ada',
      state: 'active',
      disabled: false,
    };
    admin = (request, response) =>
      request.url?.startsWith('/admin/people?')
        ? answer(200, { items: [person], next: null })(request, response)
        : answer(200, person, { etag: '"3"' })(request, response);
    const ran = await countersign('person disable Ada@Example.com --yes');
    expect(ran).toMatchObject({ code: 0 });
    expect(requests.at(-1)).toMatchObject({
      method: 'PUT',
      url: `/admin/people/${person.id}`,
      headers: { 'if-match': '"3"' },
    });
    const nobody = await countersign('person show nobody@example.com');
    expect(nobody).toMatchObject({ code: 1, stdout: '' });
  });

  it('asks before somebody is logged out everywhere', async () => {
    const ran = await countersign('person disable 6f1c3c0e-0000-4000-8000-000000000001');
    expect(ran).toMatchObject({ code: 2 });
    expect(requests.some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('explains every command with --help, and says nothing to standard error', async () => {
    const top = await countersign('--help');
    expect(top).toMatchObject({ code: 0, stderr: '' });
    for (const name of [
      'bootstrap',
      'service',
      'client',
      'secret',
      'grant',
      'keys',
      'person',
      'audit',
      'revoke',
      'token',
    ]) {
      expect(top.stdout).toMatch(new RegExp(`^  ${name}`, 'm'));
      expect(await countersign(`${name} --help`)).toMatchObject({ code: 0, stderr: '' });
    }
  });
});
