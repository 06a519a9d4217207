import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { notes, people, registry, trusting } from '../../../test/fleet.js';
import { run } from '../run.js';

describe('countersign map', () => {
  let directory: string;
  let server: Server;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'map-'));
    write('notes.json', notes);
    write('people.json', people);
    write('registry', registry);
    write('secret', undefined);
    mkdirSync(join(directory, 'empty'));
    server = createServer((request, response) => {
      const path = request.url?.split('?')[0] ?? '';
      request.resume();
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[path]));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  const answers: Readonly<Record<string, unknown>> = {
    '/oauth2/token': { access_token: 'a-token', scope: 'admin:read', expires_in: 300 },
    '/admin/services': { items: registry.services, next: null },
    '/admin/clients': { items: [{ id: 'web-1' }], next: null },
    '/admin/clients/web-1': registry.clients[0],
  };

  const write = (name: string, json: unknown) =>
    writeFileSync(join(directory, name), json === undefined ? 'a-secret\n' : JSON.stringify(json));

  const map = async (...args: string[]) => {
    let [stdout, stderr] = ['', ''];
    const into = (add: (text: string) => void) =>
      new Writable({ write: (chunk, _encoding, done) => (add(String(chunk)), done()) });
    const code = await run({
      argv: ['map', ...args.map((arg) => arg.replace(/^@/, `${directory}/`))],
      env: {
        HOME: directory,
        COUNTERSIGN_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        COUNTERSIGN_CLIENT: 'ops',
        COUNTERSIGN_SECRET_FILE: join(directory, 'secret'),
      },
      stdin: new PassThrough(),
      stdout: into((text) => void (stdout += text)),
      stderr: into((text) => void (stderr += text)),
    });
    return { code, stdout, stderr };
  };
  const known = ['@', '--registry', '@registry'];

  it('shows who may call whom, from a directory of maps and a registry file', async () => {
    const { code, stdout } = await map(...known);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).join('|'))).toEqual([
      'CALLER|SERVICE|AS|TOKEN|SCOPES|ROUTES',
      'notes|people|users below https://people.example/user/|signs itself|people:read|1',
      'web-1|notes|itself|granted|notes:write|1',
      'web-1|notes|users below https://people.example/user/|granted|notes:write|2',
      '',
    ]);
  });

  it('asks the authorization server what was granted', async () => {
    expect((await map('@', '--grants')).stdout).toBe((await map(...known)).stdout);
  });

  it('says so where nobody told what was granted', async () => {
    const { code, stderr } = await map('@');
    expect(code).toBe(0);
    expect(stderr).toContain('give --registry <file>, or --grants');
  });

  it.each([
    ['json', /"from": "web-1"/],
    ['mermaid', /^flowchart LR\n/],
    ['svg', /^<svg xmlns=/],
    ['markdown', /^```mermaid\n/],
  ])('shows it as %s', async (format, start) => {
    expect((await map(...known, '--format', format)).stdout).toMatch(start);
  });

  it('shows only what a service takes part in', async () => {
    const { stdout } = await map(...known, '--service', 'people', '--format', 'json');
    const shown = JSON.parse(stdout) as { services: string[]; edges: { from: string }[] };
    expect(shown.edges.map(({ from }) => from)).toEqual(['notes']);
    expect(shown.services).toEqual(['notes', 'people']);
  });

  it('passes a fleet in which everything works and is needed', async () => {
    expect(await map(...known, '--check')).toMatchObject({ code: 0, stdout: '' });
  });

  it('fails for a call that cannot succeed, until it is accepted with a reason', async () => {
    write('changed', trusting(people, 'notes', undefined));
    const broken = ['@notes.json', '@changed', '--registry', '@registry', '--check'];
    const { code, stdout } = await map(...broken);
    expect(code).toBe(1);
    expect(stdout).toContain('call-cannot-succeed: notes calls people as a user by self-issued');
    expect(stdout).toContain("Fix: add servicePeer('notes'");
    const findings = stdout.split('\n').filter((line) => /^[a-z]/.test(line));
    write('baseline', { accepted: findings.map((finding) => ({ finding, reason: 'soon' })) });
    expect(await map(...broken, '--baseline', '@baseline')).toMatchObject({ code: 0, stdout: '' });
    const healed = await map(...known, '--check', '--baseline', '@baseline');
    expect(healed).toMatchObject({ code: 1 });
    expect(healed.stdout).toContain('baseline-without-need');
  });

  it('shows what the keys of a service open', async () => {
    const { stdout } = await map(...known, '--blast-radius', 'web-1', '--json');
    const { opened } = JSON.parse(stdout) as { opened: { to: string; through: string[] }[] };
    expect(opened.at(-1)).toMatchObject({ to: 'people', through: ['notes'] });
  });

  it.each<[string, unknown, string]>([
    ['no access map', { version: 1, service: 7 }, 'map.service must be a text'],
    ['of another version', { ...notes, version: 2 }, 'map.version must be 1'],
    [
      'with a rule nobody knows',
      withRequirement({ kind: 'weather' }),
      'require[0].kind must be one of',
    ],
    ['with a rule that is none', withRequirement(null), 'require[0] must be an object'],
    [
      'of an issuer that speaks for anybody',
      { ...notes, trust: [{ ...notes.trust[0], subjects: 'any' }] },
      'map.trust[0].subjects must be a list',
    ],
  ])('refuses a file that is %s, by name', async (_, json, message) => {
    write('bad', json);
    const { code, stderr } = await map('@bad');
    expect(code).toBe(4);
    expect(stderr).toContain(`${join(directory, 'bad')} cannot be used`);
    expect(stderr).toContain(message);
  });

  it.each<[string, string[], number, string]>([
    ['a file that is not there', ['@missing.json'], 4, 'cannot be read (ENOENT)'],
    ['a directory without maps', ['@empty'], 4, 'There is no access map in'],
    ['a registry from two places', [...known, '--grants'], 2, 'Give one of'],
    [
      'the keys of nobody',
      [...known, '--blast-radius', 'nobody'],
      4,
      'neither an access map nor a client of nobody',
    ],
    [
      'two maps of one service',
      ['@notes.json', '@copy'],
      4,
      'two access maps are of the service notes',
    ],
    [
      'a baseline without reasons',
      [...known, '--check', '--baseline', '@silent'],
      4,
      'accepted[0].reason must be said',
    ],
  ])('refuses %s', async (_, args, code, message) => {
    write('copy', notes);
    write('silent', { accepted: [{ finding: 'x', reason: ' ' }] });
    const ran = await map(...args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });
});

function withRequirement(requirement: unknown): object {
  return {
    ...notes,
    routes: [
      {
        ...notes.routes[0],
        rule: { access: 'protected', audience: 'notes', require: [requirement] },
      },
    ],
  };
}
