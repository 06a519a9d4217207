import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lockDirectory } from './lock-directory.js';
import { ownIdentity } from './process-identity.js';

describe('lockDirectory', () => {
  let root: string;
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lock-'));
    directory = join(root, 'database');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(root, { recursive: true });
  });

  const writeLock = (holder: unknown) =>
    writeFileSync(`${directory}.lock`, JSON.stringify({ id: 'somebody', ...(holder as object) }));

  const aProcess = async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
    children.push(child);
    await once(child, 'spawn');
    return child;
  };

  it('lets one holder in at a time, and the next one after its release', async () => {
    const first = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
      message: expect.stringContaining(`${directory} is in use by process ${process.pid}`),
    });
    await first.release();
    await (await lockDirectory(directory)).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('refuses a directory whose holder lives in another process', async () => {
    const child = await aProcess();
    const { pid, ...rest } = ownIdentity();
    writeLock({ ...rest, pid: child.pid, started: startedOf(child.pid) });

    await expect(lockDirectory(directory)).rejects.toThrow(`in use by process ${child.pid}`);
    expect(pid).not.toBe(child.pid);
  });

  it('steals the lock of a dead process', async () => {
    const child = await aProcess();
    writeLock({ ...ownIdentity(), pid: child.pid, started: startedOf(child.pid) });
    child.kill('SIGKILL');
    await once(child, 'exit');

    await (await lockDirectory(directory)).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('steals the lock of a zombie, which has a pid but runs no more', async () => {
    // The shell becomes a `sleep` that never asks for the exit code of its first child.
    const child = spawn('sh', ['-c', 'true & echo $!; exec sleep 30'], { stdio: 'pipe' });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    writeLock({ ...ownIdentity(), pid, started: startedOf(pid) });

    await (await lockDirectory(directory)).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('steals the lock of a dead process whose pid another process has now', async () => {
    writeLock({ ...ownIdentity(), started: '1' });
    await (await lockDirectory(directory)).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('steals a lock from another container once it gives no sign of life', async () => {
    writeLock({ ...ownIdentity(), namespace: 'another container' });
    await (await lockDirectory(directory, 10)).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('refuses while a holder in another container gives signs of life', async () => {
    writeLock({ ...ownIdentity(), namespace: 'another container' });
    let time = 1;
    const alive = setInterval(() => utimesSync(`${directory}.lock`, (time += 1), time), 5);
    await expect(lockDirectory(directory, 50)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });
    clearInterval(alive);
  });

  it('lets exactly one of many take over a dead lock', async () => {
    writeLock({ ...ownIdentity(), started: '1' });
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => lockDirectory(directory)),
    );
    const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await won[0]!.value.release();
  });

  it('refuses a lock file it cannot read, and leaves it alone', async () => {
    writeFileSync(`${directory}.lock`, 'not ours');
    await expect(lockDirectory(directory)).rejects.toThrow('delete this file');
    expect(readFileSync(`${directory}.lock`, 'utf8')).toBe('not ours');
  });

  it('does not release a lock that somebody else has meanwhile', async () => {
    const lock = await lockDirectory(directory);
    writeLock({ ...ownIdentity() });
    await lock.release();
    expect(readFileSync(`${directory}.lock`, 'utf8')).toContain('somebody');
  });
});

function startedOf(pid: number | undefined): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  } catch {
    return undefined;
  }
}
