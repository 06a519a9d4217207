import { randomUUID } from 'node:crypto';

import { ConfigError, type Versions } from '@countersign/runtime';
import type { Database, Drizzle } from '@countersign/storage';
import { eq, sql } from 'drizzle-orm';

import { readRegistry } from './read-registry.js';
import type { RegistryFile } from './registry-file.js';
import { Registry } from './registry.js';
import { clientSecretsTable, clientsTable, grantsTable, servicesTable } from './registry.tables.js';

/** The registry in the database. */
export class RegistryRepository {
  constructor(
    private readonly database: Database,
    private readonly versions: Versions,
  ) {}

  /** Reads all of it. */
  async load(): Promise<Registry> {
    return Registry.from(await readRegistry(this.database, this.versions));
  }

  /**
   * Makes the database say what the file says, in one transaction: a service or client that is
   * listed is added or replaced whole, one that is not stays. Applying twice changes nothing.
   *
   * Refuses (ConfigError) a grant for a service or scope that does not exist, and an audience that
   * another service, listed or not, has already.
   */
  async apply(file: RegistryFile): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { db } = tx;
      const version = await this.versions.bump(tx, 'registry');
      await upsertServices(db, file.services, version);
      const services = await db.select().from(servicesTable);
      refuseSharedAudiences(services);
      refuseDanglingGrants(file, services);
      for (const client of file.clients) await replaceClient(db, client, version);
    });
  }
}

async function upsertServices(
  db: Drizzle,
  services: RegistryFile['services'],
  version: number,
): Promise<void> {
  if (services.length === 0) return;
  await db
    .insert(servicesTable)
    .values(services.map((service) => ({ ...service, version })))
    .onConflictDoUpdate({
      target: servicesTable.name,
      set: { audience: sql`excluded.audience`, scopes: sql`excluded.scopes`, version },
    });
}

function refuseSharedAudiences(
  services: readonly { readonly name: string; readonly audience: string }[],
): void {
  const owners = new Map<string, string>();
  const problems = services.flatMap(({ name, audience }) => {
    const owner = owners.get(audience);
    owners.set(audience, name);
    return owner === undefined
      ? []
      : [`REGISTRY_FILE: services ${owner} and ${name} have one audience, ${audience}`];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

function refuseDanglingGrants(
  file: RegistryFile,
  services: readonly { name: string; scopes: readonly string[] }[],
): void {
  const known = new Map(services.map(({ name, scopes }) => [name, new Set(scopes)]));
  const problems = file.clients.flatMap(({ id, grants }) =>
    grants.flatMap(({ service, scopes }) => {
      const offered = known.get(service);
      const who = `REGISTRY_FILE: client ${id}:`;
      if (!offered) return [`${who} service ${service} does not exist`];
      const missing = scopes.filter((scope) => !offered.has(scope));
      return missing.map((scope) => `${who} service ${service} has no scope ${scope}`);
    }),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

async function replaceClient(
  db: Drizzle,
  client: RegistryFile['clients'][number],
  version: number,
): Promise<void> {
  const { id, secrets, grants } = client;
  await db
    .insert(clientsTable)
    .values({ id, version, networks: [], algorithms: [] })
    .onConflictDoUpdate({ target: clientsTable.id, set: { version } });
  await db.delete(clientSecretsTable).where(eq(clientSecretsTable.client, id));
  await db.delete(grantsTable).where(eq(grantsTable.client, id));
  if (secrets.length > 0) {
    await db.insert(clientSecretsTable).values(
      secrets.map(({ label, sha256, expires }) => ({
        client: id,
        id: randomUUID(),
        label,
        sha256,
        expiresAt: expires === undefined ? null : new Date(expires),
      })),
    );
  }
  if (grants.length > 0) {
    await db
      .insert(grantsTable)
      .values(grants.map((grant) => ({ client: id, reason: '', ...grant })));
  }
}
