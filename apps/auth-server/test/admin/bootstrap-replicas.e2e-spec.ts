import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { Versions, versionsMigrations } from '@countersign/runtime';
import { openDatabase, type Database } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { systemClock } from '@countersign/token';

import { adminMigrations } from '../../src/admin/admin.migrations.js';
import { Bootstrap } from '../../src/admin/bootstrap/bootstrap.js';
import { BootstrapCredentials } from '../../src/admin/bootstrap/bootstrap-credentials.js';
import { BootstrapFile } from '../../src/admin/bootstrap/bootstrap-file.js';
import { AuditStore } from '../../src/audit/audit-store.js';
import { auditMigrations } from '../../src/audit/audit.table.js';
import { RegistryStore } from '../../src/registry/registry-store.js';
import { registryMigrations } from '../../src/registry/registry.tables.js';

describe.each(testEngines)('the bootstrap of several replicas on $engine', ({ start }) => {
  let databases: TestDatabases;
  let database: Database;
  let directory: string;
  const open: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    Logger.overrideLogger(false);
    databases = await start();
    directory = mkdtempSync(join(tmpdir(), 'replicas-'));
    const migrations = [versionsMigrations, registryMigrations, auditMigrations, adminMigrations];
    database = await openDatabase({ url: await databases.url('bootstrap'), migrations });
  }, 60_000);
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
    await database.execute('delete from clients; delete from bootstrap_credentials');
  });
  afterAll(async () => {
    await database.close();
    await databases.stop();
    rmSync(directory, { recursive: true });
  });

  /** A replica with a directory of its own, as it stands right after its start. */
  async function replica(name: string) {
    const versions = new Versions(database, systemClock, {});
    const audit = new AuditStore(database);
    const ownIssuer = 'https://auth.example';
    const store = new RegistryStore(database, versions, { ownIssuer, clock: systemClock, audit });
    await store.putBuiltInServices();
    const file = new BootstrapFile(join(directory, name));
    const credentials = new BootstrapCredentials(database);
    const bootstrap = new Bootstrap({ store, credentials, file, audit, clock: systemClock });
    await bootstrap.onApplicationBootstrap();
    open.push({
      stop: async () => {
        bootstrap.onModuleDestroy();
        await versions.onApplicationShutdown();
        await file.remove();
      },
    });
    const credential = readFileSync(file.path, 'utf8').trim();
    return { bootstrap, store, credential };
  }

  it('takes the credential of any of them', async () => {
    const [one, two] = [await replica('one'), await replica('two')];
    expect(one.credential).not.toBe(two.credential);
    const { secret } = await one.bootstrap.claim({
      credential: two.credential,
      client: 'ops',
      address: undefined,
    });
    expect(secret).toMatch(/^cs_ops_/);
  });

  it('makes one administrator of all that ask at once, whatever they hold', async () => {
    const replicas = [await replica('a'), await replica('b'), await replica('c')];
    const claims = replicas.flatMap(({ bootstrap, credential }, n) =>
      ['x', 'y'].map((suffix) =>
        bootstrap.claim({ credential, client: `admin-${n}-${suffix}`, address: undefined }),
      ),
    );
    const settled = await Promise.allSettled(claims);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await replicas[0]!.store.listClients({ limit: 10 })).toHaveLength(1);
    const { rows } = await database.execute('select * from bootstrap_credentials');
    expect(rows).toEqual([]);
  });

  it('leaves the credential good when the client is there already', async () => {
    const { bootstrap, store, credential } = await replica('again');
    await store.putClient({ id: 'taken' }, {}, { name: 'test' });
    const claim = (client: string) => bootstrap.claim({ credential, client, address: undefined });
    await expect(claim('taken')).rejects.toMatchObject({ reason: 'exists' });
    await expect(claim('free')).resolves.toMatchObject({ label: 'bootstrap' });
  });

  it('makes no more credentials than it could need', async () => {
    const credentials = new BootstrapCredentials(database);
    const now = systemClock.now();
    const issued = [];
    for (let n = 0; n < 20; n += 1) issued.push(await credentials.issue(now));
    expect(issued.filter((one) => one !== undefined)).toHaveLength(16);
    expect(await credentials.issue(now + 15 * 60 + 1)).toBeDefined();
  });
});
