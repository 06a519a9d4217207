import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { run } from '../run.js';

const id = 'aSoH3xk2P0c5u8Qw';

const record = {
  decision: id,
  at: '2026-11-28T20:41:10.000Z',
  service: 'census',
  outcome: 'refused',
  code: 'AUDIENCE_MISMATCH',
  status: 401,
  message: 'The token is meant for another audience',
  method: 'GET',
  path: '/user/42/',
  handler: 'UsersController.one',
  audience: 'census',
  caller: 'web',
  fix: 'ask the issuer for a token with the expected audience',
  command: 'countersign token mint --audience https://census.example/',
  trace: [
    { check: 'credentials', outcome: 'passed', got: 'Bearer' },
    { check: 'times', outcome: 'passed', got: { secondsOld: 2, secondsLeft: 298 } },
    {
      check: 'anyOf',
      outcome: 'passed',
      steps: [{ check: 'scopes', outcome: 'passed', expected: ['a', 'b'], got: ['a\u001b[2J'] }],
    },
    { check: 'policy:Owner', outcome: 'pending', expected: 'asked by the service' },
    {
      check: 'audience',
      outcome: 'failed',
      code: 'AUDIENCE_MISMATCH',
      expected: 'https://census.example/',
      got: ['https://herald.example/'],
    },
  ],
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

describe('countersign why', () => {
  let directory: string;
  let server: Server;
  let url: string;
  let paths: string[];
  let replies: Record<string, Reply>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cli-why-'));
    writeFileSync(join(directory, 'secret'), 'a-secret\n');
    server = createServer((request, response) => {
      const path = request.url ?? '';
      paths.push(path);
      request.resume();
      const { status, body } = replies[path.replace(/\?.*/, '')] ?? { status: 404, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
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
    paths = [];
    replies = {
      '/oauth2/token': {
        status: 200,
        body: { access_token: 'a-token', scope: 'admin:read', expires_in: 300 },
      },
    };
  });

  const at = (service: string) => `/${service}/countersign/decisions/${id}`;
  const found: Reply = { status: 200, body: record };

  async function why(args: string, { isTTY = false, env = {} } = {}) {
    let [stdout, stderr] = ['', ''];
    const into = (add: (text: string) => void) =>
      new Writable({ write: (chunk, _encoding, done) => (add(String(chunk)), done()) });
    const code = await run({
      argv: ['why', ...args.split(' ')],
      env: {
        HOME: directory,
        COUNTERSIGN_SERVER: url,
        COUNTERSIGN_CLIENT: 'ops',
        COUNTERSIGN_SECRET_FILE: join(directory, 'secret'),
        COUNTERSIGN_SERVICES: `${url}/one/,${url}/two/`,
        ...env,
      },
      stdin: new PassThrough(),
      stdout: Object.assign(
        into((text) => (stdout += text)),
        { isTTY },
      ),
      stderr: into((text) => (stderr += text)),
    });
    return { code, stdout, stderr };
  }

  it('shows where, every step, expected, got and what helps, in plain text', async () => {
    replies[at('two')] = found;
    const { code, stdout, stderr } = await why(id);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'refused 401 AUDIENCE_MISMATCH: The token is meant for another audience',
      'GET /user/42/ at census (UsersController.one), 2026-11-28T20:41:10.000Z',
      `called by web, decision ${id}`,
      '',
      '  ok  credentials   Bearer',
      '  ok  times         secondsOld 2, secondsLeft 298',
      '  ok  anyOf',
      String.raw`  ok    scopes      a\u001b[2J`,
      '  ?   policy:Owner',
      '                    expected  asked by the service',
      '  NO  audience      AUDIENCE_MISMATCH',
      '                    expected  https://census.example/',
      '                    got       https://herald.example/',
      '',
      'Fix: ask the issuer for a token with the expected audience',
      '     countersign token mint --audience https://census.example/',
      '',
    ]);
  });

  it('is coloured at a terminal only, and not where NO_COLOR is set', async () => {
    replies[at('one')] = found;
    const escape = String.fromCharCode(27);
    expect((await why(id)).stdout).not.toContain(escape);
    expect((await why(id, { isTTY: true })).stdout).toContain(`${escape}[31m  NO  audience`);
    const plain = await why(id, { isTTY: true, env: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain(escape);
  });

  it('tells which clock is behind', async () => {
    const skew = { issuer: 'herald', secondsAhead: 7 };
    replies[at('one')] = { status: 200, body: { ...record, skew } };
    expect((await why(id)).stdout).toContain('Clocks: census is at least 7 s behind herald\n');
  });

  it('prints what the service said as JSON', async () => {
    replies[at('one')] = found;
    const { stdout } = await why(`${id} --json`);
    expect(JSON.parse(stdout)).toEqual(record);
    expect(stdout).not.toContain(String.fromCharCode(27));
  });

  it('asks each service with a token for it alone, at the address that is given', async () => {
    replies['/there/countersign/decisions/' + id] = found;
    expect((await why(`${id} --service https://census.example/=${url}/there`)).code).toBe(0);
    expect(paths).toEqual(['/oauth2/token', `/there/countersign/decisions/${id}`]);
  });

  it('asks all that the server knows, and itself, when nobody is named', async () => {
    replies['/admin/services'] = {
      status: 200,
      body: {
        items: [{ audience: `${url}/known/` }, { audience: 'urn:of:no:address' }],
        next: null,
      },
    };
    replies[at('known')] = found;
    expect((await why(id, { env: { COUNTERSIGN_SERVICES: '' } })).code).toBe(0);
    expect(paths).toContain(`/admin/decisions/${id}`);
  });

  it.each<[string, Reply, number, RegExp]>([
    [
      'an id that nobody made',
      { status: 404, body: { code: 'DECISION_UNKNOWN' } },
      1,
      /two\/ keeps no decisions; \S+one\/ made no such decision\.\nFix: Import/,
    ],
    [
      'a decision that is no longer kept',
      { status: 410, body: { code: 'DECISION_FORGOTTEN', detail: 'Kept since then' } },
      1,
      /no longer has this decision: Kept since then[^]*Fix: Look for the id in its log/,
    ],
    [
      'no permission',
      { status: 403, body: { code: 'SCOPE_MISSING', detail: 'No' } },
      1,
      /one\/: The server refused: No \(403 SCOPE_MISSING\)[^]*Fix: Grant the client admin:read/,
    ],
    ['a service that is down', { status: 503, body: {} }, 3, /one\/: The server cannot answer/],
    ['something else than a decision', { status: 200, body: {} }, 3, /something else than a dec/],
  ])('says what is wrong with %s', async (_what, reply, code, said) => {
    replies[at('one')] = reply;
    const ended = await why(id);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr).not.toContain('    at ');
  });

  it('says which service cannot be reached', async () => {
    const { code, stderr } = await why(`${id} --service https://x.example/=http://127.0.0.1:9/`);
    expect([code, stderr]).toEqual([3, expect.stringContaining('https://x.example/: ')]);
  });

  it('names the grant that is missing when there is no token for a service', async () => {
    replies['/oauth2/token'] = { status: 400, body: { error: 'invalid_scope' } };
    const { code, stderr } = await why(id);
    expect([code, stderr]).toEqual([1, expect.stringContaining('--scope admin:read')]);
  });

  it.each([
    ['not-an-id', 2, 'decision id'],
    ['../../admin/keys', 2, 'decision id'],
    [`${id} --service ftp://x.example/`, 4, 'https'],
    [`${id} --service http://x.example/`, 4, 'https'],
  ])('sends nothing for %s', async (args, code, said) => {
    const ended = await why(args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(said);
    expect(paths).toEqual([]);
  });
});
