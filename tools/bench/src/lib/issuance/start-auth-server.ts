import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '@countersign/testing';

import { ServerProcess } from '../server-process.js';
import { digestOf, type Fixtures } from './fixtures.js';

const built = join(import.meta.dirname, '../../../../../apps/auth-server/dist/main.js');

/** How to start ours. */
export interface AuthServerSetting {
  readonly fixtures: Fixtures;
  readonly algorithm?: 'RS256';
  /** More of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The built main.js; this workspace's unless given. */
  readonly program?: string | undefined;
  /** PostgreSQL; PGlite in a temporary directory unless given. */
  readonly databaseUrl?: string;
}

/** Our authorization server as it is built and deployed, with the registry of the fixtures. */
export async function startAuthServer(setting: AuthServerSetting): Promise<ServerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-auth-server-'));
  const registry = join(directory, 'registry.json');
  await writeFile(registry, JSON.stringify(registryOf(setting)), { mode: 0o600 });
  const port = String(await freePort());
  const server = await ServerProcess.startProgram(
    setting.program ?? built,
    {
      NODE_ENV: 'production',
      PORT: port,
      PUBLIC_URL: `http://127.0.0.1:${port}/`,
      DATA_DIR: join(directory, 'data'),
      REGISTRY_FILE: registry,
      ACCESS_TOKEN_LIFETIME: String(setting.fixtures.lifetime),
      // The limits count every request, as in production, and are never reached.
      RATE_LIMIT_ADDRESS: '100000000',
      RATE_LIMIT_CLIENT: '100000000',
      ...setting.environment,
      ...(setting.databaseUrl === undefined ? {} : { DATABASE_URL: setting.databaseUrl }),
    },
    '/health/ready',
  );
  server.onStop(() => rm(directory, { recursive: true, force: true }));
  return server;
}

function registryOf({ fixtures, algorithm }: AuthServerSetting): object {
  const { audience, callerAudience, scope, clients, keyClient } = fixtures;
  const scopes = [scope];
  const chosen = algorithm === undefined ? {} : { algorithm };
  const grants = [
    { service: 'things', scopes },
    { service: 'caller', scopes },
  ];
  return {
    services: [
      { name: 'things', audience, scopes, ...chosen },
      { name: 'caller', audience: callerAudience, scopes, ...chosen },
    ],
    clients: [
      ...clients.map(({ id, secret }, n) => ({
        id,
        secrets: [{ label: 'bench', sha256: digestOf(secret) }],
        grants,
        ...(n === 0
          ? { service: 'caller', onBehalfOf: [{ source: 'caller', target: 'things', scopes }] }
          : {}),
      })),
      { id: keyClient.id, secrets: [], keys: { jwks: [keyClient.key.publicJwk] }, grants },
    ],
  };
}
