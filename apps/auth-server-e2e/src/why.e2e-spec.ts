import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import {
  cast,
  readerClient,
  send,
  startTemporaryFleet,
  tokenFor,
  userUri,
  webClient,
  workspaceRoot,
  type Fleet,
} from '@countersign/fleet';

/** The worked example of docs/guides/understand-a-refusal.md, as it is told there. */
describe('countersign why, asked of the built services', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startTemporaryFleet({
      environment: { census: { DECISIONS_KEPT: '4' }, herald: { DECISIONS_KEPT: '0' } },
    });
  });
  afterAll(() => fleet.stop());

  async function why(args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(join(workspaceRoot, 'node_modules/.bin/countersign'), ['why', ...args], {
      env: { PATH: process.env['PATH'], COUNTERSIGN_CONFIG: fleet.cliConfigFile, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => void (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => void (stderr += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** A token for Herald, sent to Census. */
  async function wrongAudience() {
    const token = await tokenFor(fleet, {
      client: webClient,
      audience: fleet.urls.herald,
      scope: 'notifications:send',
    });
    const answer = await send(userUri(fleet.urls, cast.recipient), { token });
    return { answer, token, decision: String(answer.json['decision']) };
  }

  it('tells of a wrong audience who expected what, what came, and what helps', async () => {
    const { answer, token, decision } = await wrongAudience();
    expect([answer.status, answer.json['code']]).toEqual([401, 'AUDIENCE_MISMATCH']);
    expect(answer.text).not.toContain(fleet.urls.herald);
    const { code, stdout, stderr } = await why([decision]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      'refused 401 AUDIENCE_MISMATCH: The token is meant for another audience',
    );
    expect(stdout).toMatch(/GET \/user\/42\/ at census \(UsersController\.one\)/);
    expect(stdout).toContain(`called by ${webClient}, decision ${decision}`);
    expect(stdout).toMatch(/^ {2}ok {2}signature +ES256$/m);
    expect(stdout).toMatch(/^ {2}NO {2}audience +AUDIENCE_MISMATCH$/m);
    expect(stdout).toContain(`expected  ${fleet.urls.census}`);
    expect(stdout).toContain(`got       ${fleet.urls.herald}`);
    expect(stdout).toContain(`countersign token mint --audience ${fleet.urls.census}`);
    for (const part of token.split('.')) expect(stdout).not.toContain(part);
  });

  it('says as JSON the same', async () => {
    const { decision } = await wrongAudience();
    const { stdout } = await why([decision, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ decision, code: 'AUDIENCE_MISMATCH' });
  });

  it('says what became of a decision that is not there', async () => {
    const { decision } = await wrongAudience();
    expect(await why(['zzzzzzzzzzzzzzzz'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`${fleet.urls.census} made no such decision`) as string,
    });
    expect(await why([decision, '--service', fleet.urls.herald])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('keeps no decisions') as string,
    });
    expect(
      await why([decision, '--service', `${fleet.urls.census}=http://127.0.0.1:9/`]),
    ).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot be reached') as string });
  });

  it('tells nothing to a client without the scope, and names the grant', async () => {
    const { decision } = await wrongAudience();
    const file = join(dirname(fleet.cliConfigFile), 'reader.secret');
    writeFileSync(file, fleet.secrets[readerClient] ?? '', { mode: 0o600 });
    const { code, stdout, stderr } = await why([decision], {
      COUNTERSIGN_CLIENT: readerClient,
      COUNTERSIGN_SECRET_FILE: file,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--scope admin:read');
  });
});
