import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import {
  createServiceProcess,
  freePorts,
  workspaceRoot,
  type ServiceProcess,
} from '@countersign/fleet';

/** What a command left behind. */
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

describe('countersign', () => {
  let directory: string;
  let server: ServiceProcess;
  const program = join(workspaceRoot, 'node_modules/.bin/countersign');
  const file = (name: string): string => join(directory, name);

  const start = (args: readonly string[], { env = {} }: RunOptions = {}) =>
    spawn(program, args, {
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        COUNTERSIGN_SERVER: server.url,
        COUNTERSIGN_CLIENT: 'ops',
        COUNTERSIGN_SECRET_FILE: file('ops.secret'),
        ...env,
      },
    });

  const countersign = async (
    args: string | readonly string[],
    options: RunOptions = {},
  ): Promise<Ended> => {
    const child = start(typeof args === 'string' ? args.split(' ') : args, options);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => void (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => void (stderr += String(chunk)));
    child.stdin.end(options.input ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  };

  const json = async (args: string): Promise<unknown> => {
    const { code, stdout, stderr } = await countersign(`${args} --json`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-'));
    const { authServer: port } = await freePorts();
    const url = `http://127.0.0.1:${port}`;
    server = createServiceProcess({
      name: 'auth-server',
      main: join(workspaceRoot, 'apps/auth-server/dist/main.js'),
      url,
      environment: { PORT: String(port), PUBLIC_URL: `${url}/`, DATA_DIR: file('data') },
      logFile: file('auth-server.log'),
      readyWithinMs: 30_000,
      onUnexpectedExit: (report) => console.error(report),
    });
    await server.start();
  });

  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  it('makes the first administrator, once, and its secret into a file of its own', async () => {
    const bootstrap = ['bootstrap', 'ops', '--credential-file', file('data/bootstrap-admin')];
    const made = await countersign([...bootstrap, '--out', file('ops.secret')]);
    expect(made).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(file('ops.secret')).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file('ops.secret'), 'utf8').trim();
    expect(made.stderr).not.toContain(secret);

    const again = await countersign(['bootstrap', 'ops', '--credential-file', '-'], {
      input: 'cb_used',
    });
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('BOOTSTRAP_OVER');
  });

  it('says as whom the server knows it', async () => {
    expect(await json('whoami')).toMatchObject({
      client: 'ops',
      scopes: ['admin:read', 'admin:write'],
    });
    const { stdout } = await countersign('whoami');
    expect(stdout).toMatch(/^client +ops$/m);
  });

  it('keeps a login in a file that only its owner may read', async () => {
    const env = { COUNTERSIGN_CLIENT: '', COUNTERSIGN_SECRET_FILE: '', COUNTERSIGN_SERVER: '' };
    const input = readFileSync(file('ops.secret'), 'utf8');
    const login = ['login', '--server', server.url, '--client', 'ops'];
    expect(await countersign(login, { env, input })).toMatchObject({ code: 0 });
    expect(statSync(file('.config/countersign/config.json')).mode & 0o777).toBe(0o600);
    expect(await countersign('whoami', { env })).toMatchObject({ code: 0 });
    const wrong = await countersign(login, { env, input: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(await countersign('whoami', { env })).toMatchObject({ code: 0 });
  });

  it('administers services, clients, secrets, grants, edges and issuers', async () => {
    for (const args of [
      'service add census --audience https://census.example/ --scope users:read,users:write',
      'service add herald --audience https://herald.example/ --scope notifications:send',
      'service set census --lifetime 120',
      'client add web',
      'client add herald --service herald --jwks-uri https://herald.example/jwks.json',
      'grant add web herald --scope notifications:send --expires 30d --reason mails',
      'grant add web census --scope users:read',
      'grant add web census --scope users:read,users:write --replace',
      'edge add herald herald census --scope users:read',
      'issuer add cluster --kind workloads --iss https://cluster.example --jwks-uri https://cluster.example/jwks --algorithm RS256 --max-lifetime 1h',
      'client set web --identity cluster=system:serviceaccount:prod:web',
      'client set herald --certificate dns=herald.example --bind dpop,certificate',
    ])
      expect([args, await countersign(args)]).toMatchObject([args, { code: 0, stdout: '' }]);

    expect(await json('service show census')).toMatchObject({ tokenLifetime: 120 });
    expect(await json('client show web')).toMatchObject({
      identities: [{ issuer: 'cluster', subject: 'system:serviceaccount:prod:web' }],
      secrets: [],
    });
    expect(await json('client show herald')).toMatchObject({
      certificate: { dns: 'herald.example' },
      dpopBoundAccessTokens: true,
      certificateBoundAccessTokens: true,
    });
    expect(await json('grant list web')).toMatchObject([
      { service: 'census', scopes: ['users:read', 'users:write'] },
      { service: 'herald', reason: 'mails', expires: expect.any(String) },
    ]);
    expect(await json('edge list herald')).toMatchObject([{ source: 'herald', target: 'census' }]);
    expect(await json('issuer list')).toMatchObject([{ name: 'cluster', maxLifetime: 3600 }]);

    const { stdout } = await countersign('client list');
    const [heading, ...rows] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^ID +IS +GRANTED$/);
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(['herald', 'ops', 'web']);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('hands a new secret over alone, and mints a token with it', async () => {
    const { code, stdout, stderr } = await countersign('secret add web --label first');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cs_web_[\w-]{49}\n$/);
    expect(stderr).not.toContain(stdout.trim());
    const minted = await countersign(
      'token mint --client web --secret-file - --audience https://census.example/ --scope users:read',
      { input: stdout },
    );
    expect(minted).toMatchObject({ code: 0 });
    expect(minted.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);

    writeFileSync(file('leaked.jwt'), minted.stdout);
    const revoke = ['revoke', 'token', '--token-file', file('leaked.jwt')];
    expect(await countersign([...revoke, '--yes'])).toMatchObject({ code: 0 });
    expect(await json('revoke list')).toMatchObject([{ kind: 'token' }]);

    const [secret] = (await json('secret list web')) as [{ id: string; label: string }];
    expect(secret.label).toBe('first');
    expect(await countersign(`secret remove web ${secret.id} --yes`)).toMatchObject({ code: 0 });
  });

  it('shows the keys, and is refused what is too early', async () => {
    expect(await json('keys status')).toContainEqual(
      expect.objectContaining({ algorithm: 'ES256', state: 'active' }),
    );
    const early = await countersign('keys rotate --yes');
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toContain('Wait');
  });

  it('asks before something is lost, and refuses where nobody could answer', async () => {
    const silent = await countersign('client remove web');
    expect(silent).toMatchObject({ code: 2, stdout: '' });
    expect(silent.stderr).toContain('--yes');
    expect(await countersign('client remove web --yes')).toMatchObject({ code: 0 });
    expect(await countersign('client show web')).toMatchObject({ code: 1, stdout: '' });
  });

  it('shows what happened, and follows what happens', async () => {
    const events = (await json('audit --event registry.changed --about web')) as object[];
    expect(events.length).toBeGreaterThan(3);
    const following = start(['audit', '--follow', '--json', '--about', 'followed']);
    const lines = createInterface(following.stdout)[Symbol.asyncIterator]();
    expect(await countersign('client add followed')).toMatchObject({ code: 0 });
    const { value } = await lines.next();
    expect(JSON.parse(String(value))).toMatchObject({ client: 'followed', actor: 'ops' });
    following.kill();
    await once(following, 'close');
  });

  it.each([
    ['a client that is there', 'client add ops', 1, 'EXISTS_ALREADY'],
    ['oneself to be removed', 'client remove ops --yes', 1, 'OWN_RIGHT'],
    ['a service that is not there', 'grant add ops ghost --scope a', 1, '/grants'],
    ['an unknown command', 'clients list', 2, 'client'],
    ['an unknown option', 'client list --all', 2, '--all'],
    ['a missing argument', 'client show', 2, 'id'],
    ['a certificate known by nothing', 'client add x --certificate web', 2, 'subject='],
    ['a token bound to what there is not', 'client add x --bind rope', 2, 'dpop'],
    ['a secret among the arguments', 'login --secret abc', 2, '--secret-file'],
    ['nobody at the address', 'whoami --server http://127.0.0.1:9', 3, 'reached'],
    ['an address in the clear', 'whoami --server http://auth.example', 4, 'https'],
    ['a secret file that is not there', 'whoami --secret-file /nowhere', 4, 'ENOENT'],
  ])('refuses %s', async (_what, args, code, said) => {
    const ended = await countersign(args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain('    at ');
  });

  it('answers with exit code 1 to a wrong secret, and names the fix', async () => {
    writeFileSync(file('wrong'), 'cs_ops_wrong');
    const { code, stderr } = await countersign(['whoami', '--secret-file', file('wrong')]);
    expect(code).toBe(1);
    expect(stderr).toContain('invalid_client');
    expect(stderr).toContain('Fix:');
    expect(stderr).not.toContain('cs_ops_wrong');
  });
});
