import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DynamicModule, Type } from '@nestjs/common';
import { startApp, type Environment, type RunningApp } from '@countersign/runtime';
import { systemClock, type Clock } from '@countersign/token';

import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { tokenErrorShape } from '../../src/token/token-error.shape.js';

export const issuer = 'https://auth.example';
export const census = 'https://census.example/';

/** A clock whose wall time can be moved; its monotonic time is the real one. */
export function aClock(): Clock & { pass(seconds: number): void } {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    monotonic: () => systemClock.monotonic(),
    pass: (seconds) => void (offset += seconds),
  };
}

/** The real server on a free port, with a service `census` and nobody who administers it. */
export interface AdminServer {
  readonly running: RunningApp;
  /** Without a final slash. */
  readonly url: string;
  readonly directory: string;
  /** The file with the bootstrap credential. */
  readonly credentialFile: string;
  readonly lines: string[];
  stop(): Promise<void>;
}

const registry = {
  services: [{ name: 'census', audience: census, scopes: ['users:read', 'users:write'] }],
  clients: [],
};

/** Starts the server in a new directory, or on what another one left in `directory`. */
export async function startAdminServer(
  options: {
    clock?: Clock;
    directory?: string;
    env?: Environment;
    /** What is made of its module; nothing unless told. */
    under?: (module: DynamicModule) => DynamicModule | Type;
  } = {},
): Promise<AdminServer> {
  const { under = (module) => module } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'admin-'));
  const file = join(directory, 'registry.json');
  writeFileSync(file, JSON.stringify(registry));
  const lines: string[] = [];
  const running = await startApp({
    name: 'auth-server',
    config: loadConfig({
      PORT: '0',
      PUBLIC_URL: `${issuer}/`,
      DATA_DIR: directory,
      REGISTRY_FILE: file,
      ...options.env,
    }),
    module: (config) => under(AppModule.forRoot(config, options.clock)),
    bodies: ['form', 'json'],
    errorShapes: [tokenErrorShape],
    log: { write: (line) => void lines.push(line) },
  });
  const stop = async () => {
    await running.close();
    if (options.directory === undefined) rmSync(directory, { recursive: true });
  };
  const credentialFile = join(directory, 'bootstrap-admin');
  return {
    running,
    url: running.url.replace(/\/$/, ''),
    directory,
    credentialFile,
    lines,
    stop,
  };
}

/** An answer with its JSON, if it has any. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into whatever came.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** A request as it is sent. */
export interface Sent {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: object | string;
}

/** Sends one request over a real socket. */
export async function send(server: AdminServer, path: string, sent: Sent = {}): Promise<Answer> {
  const { method = 'GET', token, headers = {}, body } = sent;
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Makes the first administrator, as `countersign bootstrap` does. */
export async function bootstrap(server: AdminServer, client = 'ops'): Promise<string> {
  const credential = readFileSync(server.credentialFile, 'utf8').trim();
  const { body } = await send(server, '/admin/bootstrap', {
    method: 'POST',
    body: { credential, client },
  });
  return body.secret as string;
}

/** A token of the server for a client of it. */
export async function tokenFor(
  server: AdminServer,
  client: string,
  secret: string,
  form: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(`${server.url}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `${issuer}/admin`,
      ...form,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}
