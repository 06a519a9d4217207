import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process at the other end of connections. */
export interface OtherProcess {
  readonly introspectionUrl: string;
  /** Ports that speak TLS: for everybody, and asking for a certificate. */
  readonly tlsPorts: { readonly plain: number; readonly mutual: number };
  /** A new opaque token. */
  issue(): Promise<string>;
  /** Microseconds of CPU that it has used. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../dist/other-program.js', import.meta.url));

interface Ports {
  readonly introspection: number;
  readonly tls: number;
  readonly mutualTls: number;
}

/** Starts it on free ports of 127.0.0.1. One question is asked at a time. */
export async function startOtherProcess(): Promise<OtherProcess> {
  const child = fork(program, { stdio: 'inherit', execArgv: [] });
  const ended = once(child, 'exit');
  const answer = async <T>(): Promise<T> =>
    Promise.race([
      once(child, 'message').then(([message]) => message as T),
      ended.then(() => Promise.reject(new Error('the other process ended'))),
    ]);
  const ask = <T>(question: string): Promise<T> => {
    const answered = answer<T>();
    child.send(question);
    return answered;
  };
  const ports = await answer<Ports>();
  return {
    introspectionUrl: `http://127.0.0.1:${ports.introspection}/introspect`,
    tlsPorts: { plain: ports.tls, mutual: ports.mutualTls },
    issue: () => ask<string>('token'),
    cpu: async () => {
      const { user, system } = await ask<NodeJS.CpuUsage>('cpu');
      return user + system;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
