import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import { freePort } from './free-port.js';
import { nativeFiles, type NativeFiles } from './native-files.js';

/** `nobody` of Debian and most others; PostgreSQL refuses to run as root. */
const nobody = 65_534;

/** Milliseconds until a server that does not answer counts as failed. */
const startTime = 30_000;

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=32MB',
  // A test's server may forget when the machine dies, not when it is killed.
  'fsync=off',
  'full_page_writes=off',
  'log_min_messages=fatal',
];

/** A PostgreSQL in a temporary folder: processes and files are all ours. @internal */
export class OwnServer {
  private child: ChildProcess | undefined;
  private said = '';
  /** A test that is over before it could stop its server leaves none behind. */
  private readonly leave = () => void this.child?.kill('SIGQUIT');

  private constructor(
    private readonly root: string,
    private readonly files: NativeFiles,
    private readonly port: number,
    private readonly password: string,
  ) {}

  /** Makes the files (half a second) and starts the server. */
  static async start(within = tmpdir()): Promise<OwnServer> {
    const root = await mkdtemp(join(within, 'test-postgres-'));
    try {
      const files = await nativeFiles(root, isRoot());
      if (isRoot()) await chown(root, nobody, nobody);
      const server = new OwnServer(root, files, await freePort(), randomBytes(16).toString('hex'));
      await server.initialise();
      await server.launch();
      process.once('exit', server.leave);
      return server;
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw error;
    }
  }

  /** URL of the database that every server has. */
  get url(): string {
    return `postgresql://postgres:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.end('SIGINT');
    await this.launch();
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.leave);
    await this.end('SIGQUIT');
    // The last children of a killed server may still be writing.
    await rm(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async initialise(): Promise<void> {
    const passwordFile = join(this.root, 'password');
    await writeFile(passwordFile, this.password, { mode: 0o600 });
    if (isRoot()) await chown(passwordFile, nobody, nobody);
    await chmod(this.root, 0o700);
    const child = this.spawn(this.files.initdb, [
      ...['--pgdata', this.directory, '--username', 'postgres', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
      ...['--no-sync', '--no-instructions'],
    ]);
    const [code] = await ended(child);
    if (code !== 0) throw new Error(`initdb failed: ${this.said}`);
  }

  /** A server killed a moment ago may hold its memory a little longer: tries again until it runs. */
  private async launch(): Promise<void> {
    const deadline = performance.now() + startTime;
    while (!(await this.tryLaunch(deadline))) {
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not start: ${this.said}`);
      await delay(200);
    }
  }

  private async tryLaunch(deadline: number): Promise<boolean> {
    this.said = '';
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const child = this.spawn(this.files.postgres, [
      ...['-D', this.directory, '-p', String(this.port)],
      ...flags,
    ]);
    while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
      if (await this.answers()) {
        this.child = child;
        return true;
      }
      await delay(25);
    }
    child.kill('SIGQUIT');
    return false;
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child) return;
    const exited = ended(child);
    child.kill(signal);
    await exited;
  }

  private spawn(program: string, args: readonly string[]): ChildProcess {
    const user: SpawnOptions = isRoot() ? { uid: nobody, gid: nobody } : {};
    const child = spawn(program, args, {
      ...user,
      cwd: this.root,
      env: { ...this.files.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Of a server that talks much the beginning is enough to say why it does not run.
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.said.length < 4_000) this.said += chunk.toString();
    });
    child.once('error', (error) => (this.said += error.message));
    return child;
  }

  private get directory(): string {
    return join(this.root, 'data');
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function ended(child: ChildProcess): Promise<[number | null]> {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode];
  return (await once(child, 'exit')) as [number | null];
}
