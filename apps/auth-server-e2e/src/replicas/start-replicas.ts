import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createServiceProcess,
  freePorts,
  workspaceRoot,
  type ServiceProcess,
} from '@countersign/fleet';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

/** Two built authorization servers on one PostgreSQL, under one issuer. */
export interface Replicas {
  readonly issuer: string;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  readonly one: ServiceProcess;
  readonly other: ServiceProcess;
  readonly both: readonly ServiceProcess[];
  /** What ended though nobody stopped it. */
  readonly crashes: readonly string[];
  /** Starts one more process on the same database, under another port. */
  readonly another: (environment?: Readonly<Record<string, string>>) => Promise<ServiceProcess>;
  readonly stop: () => Promise<void>;
}

/** How to start them. */
export interface ReplicaOptions {
  readonly registry: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** Leave the starting to the test. */
  readonly isStopped?: boolean;
}

const main = join(workspaceRoot, 'apps', 'auth-server', 'dist', 'main.js');

/** SHA-256 in base64url, as the registry holds secrets. */
export const digestOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url');

/** Starts PostgreSQL and both replicas, in a temporary folder. */
export async function startReplicas(options: ReplicaOptions): Promise<Replicas> {
  const directory = await mkdtemp(join(tmpdir(), 'replicas-'));
  const registry = join(directory, 'registry.json');
  await writeFile(registry, JSON.stringify(options.registry), { mode: 0o600 });
  const postgres = await startPostgres({ own: true });
  const databaseUrl = await postgres.url('auth');
  const ports = await freePorts();
  const issuer = `http://127.0.0.1:${ports.authServer}`;
  const crashes: string[] = [];
  const processes: ServiceProcess[] = [];

  const create = (port: number, environment: Readonly<Record<string, string>> = {}) => {
    const name = `replica-${processes.length}`;
    const service = createServiceProcess({
      name,
      main,
      url: `http://127.0.0.1:${port}`,
      environment: {
        HOST: '127.0.0.1',
        PORT: String(port),
        PUBLIC_URL: `${issuer}/`,
        DATA_DIR: join(directory, name),
        DATABASE_URL: databaseUrl,
        REGISTRY_FILE: registry,
        KEY_ENCRYPTION_KEY: sealedWith,
        SHUTDOWN_DELAY: '1',
        // All tests come from one address, and fail on purpose.
        RATE_LIMIT_CLIENT: '0',
        RATE_LIMIT_CLIENT_FAILURES: '0',
        RATE_LIMIT_ADDRESS_FAILURES: '0',
        ...options.environment,
        ...environment,
      },
      logFile: join(directory, `${name}.log`),
      readyWithinMs: 30_000,
      onUnexpectedExit: (report) => crashes.push(report),
    });
    processes.push(service);
    return service;
  };
  const sealedWith = randomBytes(32).toString('base64url');
  const one = create(ports.authServer);
  const other = create(ports.census);
  const stop = async () => {
    await Promise.all(processes.map((service) => service.close()));
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    if (!options.isStopped) await Promise.all([one.start(), other.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ issuer, postgres, databaseUrl, one, other, both: [one, other], crashes, stop },
    another: async (environment) => create((await freePorts()).herald, environment),
  };
}
