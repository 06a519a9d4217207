import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { aToken, createTestIssuer, type TokenBuilder } from '@countersign/testing';
import type { AccessMapDocument, MappedIssuer } from '@countersign/token';

import { run } from '../run.js';

const census = 'https://census.example/';
const authServer = createTestIssuer();
const billing = createTestIssuer({ kind: 'service-peer', name: 'billing' });
const subjects = [`${census}user/`];

const mapped = (changes: Partial<MappedIssuer>): MappedIssuer => ({
  name: 'auth-server',
  kind: 'authorization-server',
  issuer: authServer.issuer,
  carrier: 'Bearer',
  algorithms: ['ES256', 'EdDSA', 'RS256'],
  maxLifetime: 3600,
  mayAssert: 'any',
  subjects,
  callers: {},
  ...changes,
});

const route = (path: string, handler: string, require: object[]) => ({
  transport: 'http' as const,
  method: 'GET',
  path,
  handler: `UsersController.${handler}`,
  rule: { access: 'protected', audience: 'census', require } as never,
});
const scopes = (...names: string[]) => ({ kind: 'scopes', match: 'all', scopes: names });

const map: AccessMapDocument = {
  version: 1,
  service: 'census',
  audiences: { census },
  trust: [
    mapped({}),
    mapped({
      name: 'billing',
      kind: 'service-peer',
      issuer: billing.issuer,
      carrier: 'JWT',
      maxLifetime: 60,
      mayAssert: ['users:read'],
    }),
    mapped({ name: 'foreign', kind: 'foreign-server', issuer: 'https://foreign.example' }),
  ],
  trustSources: [],
  calls: [],
  routes: [
    route('/user/:id', 'one', [
      scopes('users:read'),
      { kind: 'policy', policy: 'Own', options: null },
    ]),
    route('/user/all', 'all', [scopes('users:list')]),
    route('/any', 'any', []),
    {
      transport: 'http',
      method: 'ALL',
      path: '/health',
      handler: 'Health.live',
      rule: { access: 'public', reason: 'probe' },
    },
  ],
};

describe('countersign why --token-file', () => {
  let directory: string;
  const file = (name: string) => join(directory, name);
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cli-why-token-'));
    writeFileSync(file('map.json'), JSON.stringify(map));
    writeFileSync(file('keys.json'), JSON.stringify({ keys: authServer.jwks().keys }));
    writeFileSync(file('billing.json'), JSON.stringify({ keys: billing.jwks().keys }));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  async function why(token: TokenBuilder | string, args: string) {
    let [stdout, stderr] = ['', ''];
    const into = (add: (text: string) => void) =>
      new Writable({ write: (chunk, _encoding, done) => (add(String(chunk)), done()) });
    const stdin = new PassThrough();
    stdin.end(typeof token === 'string' ? token : `${token.sign()}\n`);
    const code = await run({
      argv: ['why', '--token-file', '-', '--map', file('map.json'), ...args.split(' ')],
      env: { HOME: directory },
      stdin,
      stdout: into((text) => (stdout += text)),
      stderr: into((text) => (stderr += text)),
    });
    return { code, stdout, stderr };
  }

  const keys = () => `--keys ${file('keys.json')}`;
  const token = () => aToken().from(authServer).to(census);

  async function json(by: TokenBuilder | string, args: string): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await why(by, `${args} --json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('grants, refuses and leaves open as the service would', async () => {
    expect(await json(token(), `GET /any ${keys()}`)).toMatchObject({ outcome: 'granted' });
    expect(await json(token().to('https://x.example/'), `GET /any ${keys()}`)).toMatchObject({
      outcome: 'refused',
      code: 'AUDIENCE_MISMATCH',
      expected: census,
      got: ['https://x.example/'],
      handler: 'UsersController.any',
    });
    const open = await json(token().scopes('users:read'), `get /user/7/?x=1 ${keys()}`);
    expect(open).toMatchObject({ outcome: 'pending', handler: 'UsersController.one' });
    expect((open['trace'] as object[]).at(-1)).toMatchObject({
      check: 'policy:Own',
      outcome: 'pending',
    });
  });

  it('finds the route that spells more of the path out, and the public ones', async () => {
    expect(await json(token(), `GET /user/all ${keys()}`)).toMatchObject({
      handler: 'UsersController.all',
      command: expect.stringMatching(/^countersign grant add \S+ census --scope users:list$/),
    });
    expect(await json('nothing', 'GET /health')).toMatchObject({ outcome: 'granted' });
  });

  it('takes a token in the carrier of its issuer, unless told', async () => {
    const own = aToken().from(billing).to(census);
    const by = `--keys ${file('billing.json')}`;
    expect(await json(own, `GET /any ${by}`)).toMatchObject({ outcome: 'granted' });
    expect(await json(own, `GET /any ${by} --carrier Bearer`)).toMatchObject({
      code: 'CARRIER_MISMATCH',
    });
  });

  it('tells what would become of it at another time', async () => {
    expect(await json(token(), `GET /any ${keys()} --time 2099-01-01T00:00:00Z`)).toMatchObject({
      code: 'TOKEN_EXPIRED',
      at: '2099-01-01T00:00:00.000Z',
    });
  });

  it('says that keys are missing, and fetches none by itself', async () => {
    expect(await json(token(), 'GET /any')).toMatchObject({
      code: 'KEYS_UNAVAILABLE',
      fix: 'give the keys of the issuer: --keys <file>, or --fetch-keys',
    });
  });

  it('does not believe the keys of another issuer', async () => {
    const wrong = await json(token(), `GET /any --keys ${file('billing.json')}`);
    expect(wrong).toMatchObject({ outcome: 'refused' });
    expect(['KEY_UNKNOWN', 'KEYS_UNAVAILABLE', 'SIGNATURE_INVALID']).toContain(wrong['code']);
  });

  it('shows nothing of the token itself', async () => {
    const signed = token().sign();
    const { stdout } = await why(signed, `GET /user/all ${keys()}`);
    for (const part of signed.split('.')) expect(stdout).not.toContain(part);
  });

  it('explains garbage as the service would', async () => {
    expect(await json('a.b.c', `GET /any ${keys()}`)).toMatchObject({ code: 'TOKEN_MALFORMED' });
    expect(await json('', `GET /any ${keys()}`)).toMatchObject({ code: 'TOKEN_MALFORMED' });
  });

  it('does not guess how tokens of a foreign server are read', async () => {
    const foreign = createTestIssuer({ issuer: 'https://foreign.example' });
    const { code, stderr } = await why(aToken().from(foreign).to(census), 'GET /any');
    expect([code, stderr]).toEqual([2, expect.stringContaining('countersign why <decision>')]);
  });

  it.each([
    ['GET /nowhere', 2, 'No route of census'],
    ['POST /any', 2, 'No route of census'],
    ['GET', 2, '--map'],
    ['GET any', 2, '--map'],
    ['GET /any --keys /nowhere', 4, 'ENOENT'],
    ['GET /any --time tomorrow', 2, 'Give a time'],
    ['GET /any --carrier Cookie', 2, 'Bearer'],
  ])('refuses %s', async (args, code, said) => {
    const ended = await why(token(), args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain('    at ');
  });
});
