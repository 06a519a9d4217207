import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApp, type RunningApp } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import { AppModule } from '../src/app.module.js';
import { loadConfig } from '../src/config.js';
import { tokenErrorShape } from '../src/token/token-error.shape.js';

export const issuer = 'https://auth.example';
export const herald = 'https://herald.example/';
export const census = 'https://census.example/';
export const users = `${census}user/`;

const secret = () => randomBytes(32).toString('base64url');
/** Made anew for every run. */
export const secrets = { web: secret(), webNext: secret(), job: secret(), old: secret() };

const digest = (text: string) => createHash('sha256').update(text).digest('base64url');

const registry = {
  services: [
    { name: 'herald', audience: herald, scopes: ['notifications:send', 'notifications:read'] },
    { name: 'census', audience: census, scopes: ['users:read'] },
  ],
  clients: [
    {
      id: 'web',
      secrets: [
        { label: 'now', sha256: digest(secrets.web) },
        { label: 'next', sha256: digest(secrets.webNext) },
        { label: 'old', sha256: digest(secrets.old), expires: '2026-01-01T00:00:00Z' },
      ],
      grants: [
        { service: 'herald', scopes: ['notifications:send'], subjects: [users] },
        { service: 'census', scopes: ['users:read'] },
      ],
    },
    {
      id: 'job',
      secrets: [{ label: 'now', sha256: digest(secrets.job) }],
      grants: [{ service: 'census', scopes: ['users:read'] }],
    },
  ],
};

/** The real server on a free port, its own directory, and the lines it logs. */
export interface TestServer {
  readonly running: RunningApp;
  readonly lines: string[];
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts the server; with `directory` on what another one left there. */
export async function startAuthServer(
  clock?: Clock,
  directory?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const root = directory ?? mkdtempSync(join(tmpdir(), 'auth-server-'));
  const file = join(root, 'registry.json');
  writeFileSync(file, JSON.stringify(registry));
  const lines: string[] = [];
  const running = await startApp({
    name: 'auth-server',
    config: loadConfig({
      PORT: '0',
      PUBLIC_URL: `${issuer}/`,
      DATA_DIR: root,
      REGISTRY_FILE: file,
      // A table of refusals is a flood of failures.
      RATE_LIMIT_CLIENT_FAILURES: '0',
      RATE_LIMIT_ADDRESS_FAILURES: '0',
      ...env,
    }),
    module: (config) => AppModule.forRoot(config, clock),
    bodies: ['form', 'json'],
    errorShapes: [tokenErrorShape],
    log: { write: (line) => void lines.push(line) },
  });
  const stop = async () => {
    await running.close();
    if (directory === undefined) rmSync(root, { recursive: true });
  };
  return { running, lines, directory: root, stop };
}
