import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Pool } from 'undici';

import type { Listening, ProbeAnswer, ProbeQuestion } from './servers/probe.messages.js';

const CONNECTIONS = 8;
const STARTING_TIME = 60_000;

/** One request to a server under test. */
export interface BenchRequest {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the answer has to be a refusal (401, or 503 where nobody can tell), not a 200. */
  readonly isRefused?: boolean;
}

/** A server under test in a process of its own, so that its CPU time is its alone. */
export class ServerProcess {
  private readonly cleaners: (() => Promise<void>)[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
    private readonly pool: Pool,
  ) {}

  /** Starts `servers/<name>.js`, which says where it listens. */
  static async start(name: string, env: NodeJS.ProcessEnv): Promise<ServerProcess> {
    const child = spawn(join(import.meta.dirname, 'servers', `${name}.js`), env);
    const message = await nextMessage<Listening>(child);
    return ServerProcess.at(child, `http://127.0.0.1:${message.port}`);
  }

  /** Starts a program that listens on `port` of its environment; waits until `path` answers 200. */
  static async startProgram(
    program: string,
    env: NodeJS.ProcessEnv & { readonly PORT: string },
    path: string,
  ): Promise<ServerProcess> {
    const child = spawn(program, env);
    const server = ServerProcess.at(child, `http://127.0.0.1:${env.PORT}`);
    const deadline = performance.now() + STARTING_TIME;
    while (!(await server.isUp(path))) {
      const isOver = child.exitCode !== null || performance.now() > deadline;
      if (isOver) throw new Error(`${program} did not start`);
      await delay(50);
    }
    return server;
  }

  private static at(child: ChildProcess, origin: string): ServerProcess {
    return new ServerProcess(child, origin, new Pool(origin, { connections: CONNECTIONS }));
  }

  /** CPU microseconds per request over `count` requests; fails on any other answer than expected. */
  async measure(count: number, requests: (n: number) => BenchRequest): Promise<number> {
    const before = await this.cpu();
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < count) await this.request(requests(sent++));
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    return ((await this.cpu()) - before) / count;
  }

  /** Sends one request; the text of its answer, which has to be a 200, or a refusal where told. */
  async request({ path, method, headers, body, isRefused }: BenchRequest): Promise<string> {
    const answer = await this.pool.request({ path, method, headers, body: body ?? null });
    const text = await answer.body.text();
    const expected = isRefused === true ? [401, 503] : [200];
    if (expected.includes(answer.statusCode)) return text;
    throw new Error(`${method} ${this.origin}${path} answered ${answer.statusCode}: ${text}`);
  }

  /** CPU microseconds the process has used until now. */
  async cpu(): Promise<number> {
    return (await this.ask('cpu')) as number;
  }

  /** Bytes of memory the process holds. */
  async rss(): Promise<number> {
    return (await this.ask('rss')) as number;
  }

  /** The V8 CPU profile (JSON) of the process during `work`. */
  async profile(work: () => Promise<unknown>): Promise<string> {
    await this.ask('profile-start');
    await work();
    return (await this.ask('profile-stop')) as string;
  }

  /** What to do when the process is gone. */
  onStop(clean: () => Promise<void>): void {
    this.cleaners.push(clean);
  }

  /** Ends the connections and the process. */
  async stop(): Promise<void> {
    await this.pool.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.disconnect();
      await exited;
    }
    for (const clean of this.cleaners.splice(0)) await clean();
  }

  private async ask(question: ProbeQuestion): Promise<number | string> {
    const answer = nextMessage<ProbeAnswer>(this.child);
    this.child.send(question);
    const message = await answer;
    if (message.kind === 'answer') return message.value;
    throw new Error(`the server under test could not say: ${message.reason}`);
  }

  private async isUp(path: string): Promise<boolean> {
    try {
      await this.request({ path, method: 'GET', headers: {} });
      return true;
    } catch {
      return false;
    }
  }
}

function spawn(program: string, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(program, {
    env: { ...process.env, ...env },
    execArgv: ['--import', join(import.meta.dirname, 'servers', 'probe.js')],
    // Logs are written, as they are in production, to where they cost nothing more.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const abort = new AbortController();
  const failed = once(child, 'exit', { signal: abort.signal }).then(([code]) => {
    throw new Error(`the server under test ended with ${code}`);
  });
  failed.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [Message];
    return message;
  } finally {
    abort.abort();
  }
}
