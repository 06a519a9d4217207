import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Versions, versionsMigrations } from '@countersign/runtime';
import { openDatabase, type Migrations } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { systemClock } from '@countersign/token';

import { LiveRegistry } from '../src/registry/live-registry.js';
import { RegistryStore } from '../src/registry/registry-store.js';
import { registryMigrations } from '../src/registry/registry.tables.js';
import { herald, issuer, sha256, users } from './a-registry-file.js';

/** The migrations as the first version had them. */
function firstMigrations(root: string): Migrations {
  const folder = join(root, 'migrations');
  mkdirSync(join(folder, 'meta'), { recursive: true });
  cpSync(join(registryMigrations.folder, '0000_registry.sql'), join(folder, '0000_registry.sql'));
  const journal = JSON.parse(
    readFileSync(join(registryMigrations.folder, 'meta', '_journal.json'), 'utf8'),
  ) as { entries: unknown[] };
  journal.entries = journal.entries.slice(0, 1);
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  return { owner: registryMigrations.owner, folder };
}

describe.each(testEngines)('a registry of the first version on $engine', ({ start }) => {
  let databases: TestDatabases;
  let root: string;
  beforeAll(async () => {
    databases = await start();
    root = mkdtempSync(join(tmpdir(), 'registry-upgrade-'));
  }, 60_000);
  afterAll(async () => {
    await databases.stop();
    rmSync(root, { recursive: true });
  });

  it('keeps its services, clients, secrets and grants', async () => {
    const where = { url: await databases.url('upgrade'), directory: join(root, 'database') };
    const old = await openDatabase({ ...where, migrations: [firstMigrations(root)] });
    await old.execute(
      `insert into services values ('herald', '${herald}', '{send,read}');
       insert into clients values ('web');
       insert into client_secrets (client, label, sha256) values
         ('web', 'now', '${sha256('now')}'), ('web', 'next', '${sha256('next')}');
       insert into grants values ('web', 'herald', '{send}', '{${users}}');`,
    );
    await old.close();

    const database = await openDatabase({
      ...where,
      migrations: [versionsMigrations, registryMigrations],
    });
    const versions = new Versions(database, systemClock);
    const audit = { write: async () => undefined };
    const store = new RegistryStore(database, versions, {
      ownIssuer: issuer,
      clock: systemClock,
      audit,
    });
    await store.putBuiltInServices();
    const live = new LiveRegistry(database, versions, systemClock);
    await live.start();

    const web = live.current.find('web');
    expect(web?.grants.get(herald)).toMatchObject({
      scopes: ['send'],
      subjects: [users],
      reason: '',
    });
    expect(web?.secrets.map(({ label }) => label)).toEqual(['next', 'now']);
    expect(new Set(web?.secrets.map(({ id }) => id)).size).toBe(2);
    const { version } = (await store.findClient('web'))!;
    const grants = [{ service: 'herald', scopes: ['read'] }];
    await store.putClient({ id: 'web', grants }, { ifVersion: version }, { name: 'admin' });
    expect(live.current.find('web')?.grants.get(herald)?.scopes).toEqual(['read']);
    expect(live.current.find('web')?.secrets).toHaveLength(2);

    await versions.onApplicationShutdown();
    await database.close();
    await expect(
      openDatabase({ ...where, migrations: [firstMigrations(root)] }),
    ).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
  }, 120_000);
});
