import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { Pool } from 'undici';

import type { ServerMessage } from './servers/serve.js';

const CONNECTIONS = 8;

/** A server under test in a process of its own, so that its CPU time is its alone. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly pool: Pool,
  ) {}

  /** Starts `servers/<name>.js` and waits until it listens. */
  static async start(name: string, env: NodeJS.ProcessEnv): Promise<ServerProcess> {
    const child = fork(join(import.meta.dirname, 'servers', `${name}.js`), {
      env: { ...process.env, ...env },
    });
    const message = await next(child, 'listening');
    const origin = `http://127.0.0.1:${message.port}`;
    return new ServerProcess(child, new Pool(origin, { connections: CONNECTIONS }));
  }

  /** CPU microseconds per request over `count` requests; fails on any answer but 200. */
  async measure(count: number, tokens: readonly string[]): Promise<number> {
    const before = await this.cpu();
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < count) await this.request(tokens[sent++ % tokens.length] ?? '');
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    return ((await this.cpu()) - before) / count;
  }

  /** Ends the connections and the process. */
  async stop(): Promise<void> {
    await this.pool.close();
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  private async request(token: string): Promise<void> {
    const { statusCode, body } = await this.pool.request({
      path: '/thing',
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`the server under test answered ${statusCode}`);
  }

  private async cpu(): Promise<number> {
    const answer = next(this.child, 'cpu');
    this.child.send('cpu');
    return (await answer).micros;
  }
}

async function next<Kind extends ServerMessage['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<ServerMessage, { kind: Kind }>> {
  const abort = new AbortController();
  const failed = once(child, 'exit', { signal: abort.signal }).then(([code]) => {
    throw new Error(`the server under test ended with ${code}`);
  });
  failed.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [ServerMessage];
    if (message.kind !== kind) throw new Error(`expected ${kind}, got ${message.kind}`);
    return message as Extract<ServerMessage, { kind: Kind }>;
  } finally {
    abort.abort();
  }
}
