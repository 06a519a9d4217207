/**
 * One service as a child process: started, watched, stopped by its pid. Knows of the service only
 * its process contract: PORT, a `listening` line, /health/ready, SIGTERM.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { request } from 'undici';

import { workspaceRoot } from '../workspace-root.js';
import { openLogBook, type LogBook } from './log-book.js';

/** What a service process is started with. @internal */
export interface ServiceProcessOptions {
  readonly name: string;
  /** File that Node runs. */
  readonly main: string;
  /** Origin under which it answers /health/ready. */
  readonly url: string;
  /** Its whole environment, besides what every program needs (PATH, HOME, ...). */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Milliseconds a start may take until /health/ready answers 200. */
  readonly readyWithinMs: number;
  /** Told when the process ends though nobody stopped it. */
  readonly onUnexpectedExit: (report: string) => void;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** A service that can be started, stopped and started again on the same port. @internal */
export interface ServiceProcess {
  readonly name: string;
  readonly url: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  readonly log: LogBook;
  /**
   * Starts and waits until it is ready, or, with `until: 'listening'`, only until it listens.
   * Rejects with an Error holding its last log lines; the process is gone then.
   */
  start(until?: 'ready' | 'listening'): Promise<void>;
  /** SIGTERM, and SIGKILL when it is still there after 17 s; true when it left by itself. */
  stop(): Promise<boolean>;
  /** Kills it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Stops it and closes its log file. */
  close(): Promise<void>;
}

// A service cuts a shutdown that hangs off by itself after 15 s.
const drainMs = 17_000;
const quotedLines = 15;
const passedOn = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot'];

const baseEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    passedOn.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );

/** Loaded into every service: ends it when this process is gone. @internal */
export const leaveWithParent = join(workspaceRoot, 'tools', 'fleet', 'leave-with-parent.js');

const isGone = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

const ending = (child: ChildProcess): string =>
  child.signalCode ? `was ended by ${child.signalCode}` : `ended with exit code ${child.exitCode}`;

class SupervisedService implements ServiceProcess {
  readonly log: LogBook;
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(private readonly options: ServiceProcessOptions) {
    this.log = openLogBook(options.logFile);
  }

  get name(): string {
    return this.options.name;
  }

  get url(): string {
    return this.options.url;
  }

  get pid(): number | undefined {
    return this.#child && !isGone(this.#child) ? this.#child.pid : undefined;
  }

  async start(until: 'ready' | 'listening' = 'ready'): Promise<void> {
    if (this.pid !== undefined) throw new Error(`${this.name} runs already`);
    const mark = this.log.count;
    const child = this.#spawn();
    this.#stopping = false;
    this.#child = child;
    try {
      await this.#waitUntil(until, child, mark);
    } catch (error) {
      await this.stop();
      throw error;
    }
    // From here on an end that nobody asked for is news.
    if (isGone(child)) this.#reportExit(child);
    else child.once('exit', () => this.#reportExit(child));
  }

  async stop(): Promise<boolean> {
    const child = this.#child;
    this.#stopping = true;
    if (!child || isGone(child)) return true;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const leftByItself = await Promise.race([
      gone.then(() => true),
      pause(drainMs, false, { ref: false }),
    ]);
    if (!leftByItself) {
      child.kill('SIGKILL');
      await gone;
    }
    return leftByItself;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#stopping = true;
    if (!child || isGone(child)) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.log.close();
  }

  #spawn(): ChildProcess {
    const { main, environment } = this.options;
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', '--import', leaveWithParent, main],
      {
        env: { ...baseEnvironment(), ...environment },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // Its own process group: Ctrl-C reaches the fleet only, which then stops everyone in order.
        detached: true,
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.log.append(line));
    }
    return child;
  }

  async #waitUntil(until: 'ready' | 'listening', child: ChildProcess, mark: number): Promise<void> {
    let failure: string | undefined;
    child.once('error', (error) => (failure = `could not be started: ${error.message}`));
    const deadline = performance.now() + this.options.readyWithinMs;
    const isListening = (): boolean =>
      this.log.since(mark).some((entry) => entry['msg'] === 'listening');
    while (!(isListening() && (until === 'listening' || (await this.#isReady())))) {
      const isLate = performance.now() > deadline;
      failure ??= this.#failure(
        child,
        isLate ? (isListening() ? 'ready' : 'listening') : undefined,
      );
      if (failure) throw new Error(this.#withLastLines(failure));
      await pause(25);
    }
  }

  /** Why a start cannot go on; `missing` is what did not come in time. */
  #failure(child: ChildProcess, missing: string | undefined): string | undefined {
    if (this.options.signal?.aborted) return 'was interrupted while starting';
    if (isGone(child)) return `${ending(child)} while starting`;
    if (!missing) return undefined;
    return `was not ${missing} after ${this.options.readyWithinMs / 1000} s`;
  }

  async #isReady(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${this.url}/health/ready`, {
        signal: AbortSignal.timeout(2_000),
      });
      await body.dump();
      return statusCode === 200;
    } catch {
      // Not answering is an answer: not ready. The deadline ends the asking.
      return false;
    }
  }

  #reportExit(child: ChildProcess): void {
    if (this.#stopping) return;
    this.options.onUnexpectedExit(this.#withLastLines(`${ending(child)} unexpectedly`));
  }

  #withLastLines(what: string): string {
    const lines = this.log.tail(quotedLines);
    const said =
      lines.length > 0 ? `; its last lines:\n  ${lines.join('\n  ')}` : ' without a word';
    return `${this.name} ${what}${said}`;
  }
}

/** A service that is not started yet. @internal */
export function createServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  return new SupervisedService(options);
}
