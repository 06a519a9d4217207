/**
 * The registry in the database: the one place that writes it, for the file, the administrators and
 * the bootstrap alike. The request path reads `LiveRegistry` instead.
 */
import { ConfigError, type Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { asc, eq, gt, sql, type SQL } from 'drizzle-orm';

import type {
  ClientDocument,
  IssuerDocument,
  SecretDocument,
  ServiceDocument,
} from './documents/documents.js';
import { readClients, readConsistently } from './read-registry.js';
import { describeProblem, RegistryInvalid } from './registry-errors.js';
import type { RegistryFile } from './registry-file.js';
import { rowsOfClients } from './registry-rows.js';
import { clientsTable, issuersTable, servicesTable } from './registry.tables.js';
import { ChangeLog, type Actor, type ChangeContext } from './write/change-log.js';
import type { AddedSecret } from './write/change-secrets.js';
import { hasAdministrator } from './write/has-administrator.js';
import { putBuiltInServices } from './write/put-built-in-services.js';
import { putDocuments } from './write/put-documents.js';
import { RegistryChange, type Condition, type Written } from './write/registry-change.js';
import { clientOfRows, issuerOfRow, serviceOfRow } from './write/to-document.js';

export type { Actor } from './write/change-log.js';
export type { AddedSecret } from './write/change-secrets.js';
export type { Condition, Written } from './write/registry-change.js';

/** A document as it is kept. */
export interface Stored<Document> {
  readonly document: Document;
  /** The registry's version of its last change: the `ETag`. */
  readonly version: number;
  readonly createdAt: Date;
}

/** A secret as an administrator sees it: never the secret, nor its digest. */
export interface SecretInfo extends Omit<SecretDocument, 'sha256'> {
  readonly id: string;
  readonly createdAt: Date;
  /** To the minute, and written up to a minute late; undefined when it never was used. */
  readonly lastUsedAt: Date | undefined;
}

/** A client as an administrator sees it; `document.secrets` is left out. */
export interface StoredClientInfo extends Stored<ClientDocument> {
  readonly secrets: readonly SecretInfo[];
}

/** Where a page of a list starts, and how long it is at most. */
export interface Page {
  /** The last name of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Reads and writes the registry. */
export class RegistryStore {
  constructor(
    private readonly database: Database,
    private readonly versions: Versions,
    private readonly context: ChangeContext,
  ) {}

  /**
   * Makes several changes, and whatever else belongs to them, in one transaction. When it is
   * committed this process answers by it already, and others within a moment.
   */
  async change<T>(by: Actor, work: (change: RegistryChange) => Promise<T>): Promise<T> {
    const result = await this.transaction(by, (log) => work(new RegistryChange(log)));
    // What was acknowledged is in force; a failure here is one that the next poll mends.
    await this.versions.refresh('registry').catch(() => undefined);
    return result;
  }

  /** Adds a service or replaces it whole; see `RegistryChange`. */
  putService(
    document: unknown,
    condition: Condition,
    by: Actor,
  ): Promise<Written<ServiceDocument>> {
    return this.change(by, (change) => change.putService(document, condition));
  }

  /** Adds a client or replaces it whole; without `secrets` it keeps those it has. */
  putClient(document: unknown, condition: Condition, by: Actor): Promise<Written<ClientDocument>> {
    return this.change(by, (change) => change.putClient(document, condition));
  }

  /** Adds a trusted issuer or replaces it whole. */
  putIssuer(document: unknown, condition: Condition, by: Actor): Promise<Written<IssuerDocument>> {
    return this.change(by, (change) => change.putIssuer(document, condition));
  }

  /** Removes a service that nobody holds anything of. */
  removeService(name: string, condition: Condition, by: Actor): Promise<void> {
    return this.change(by, (change) => change.removeService(name, condition));
  }

  /** Removes a client with all that hangs on it. */
  removeClient(id: string, condition: Condition, by: Actor): Promise<void> {
    return this.change(by, (change) => change.removeClient(id, condition));
  }

  /** Removes an issuer that no client's identity names. */
  removeIssuer(name: string, condition: Condition, by: Actor): Promise<void> {
    return this.change(by, (change) => change.removeIssuer(name, condition));
  }

  /** Makes a secret `{ label, expires? }`: the answer is the only time it is shown. */
  addSecret(
    client: string,
    request: unknown,
    condition: Condition,
    by: Actor,
  ): Promise<AddedSecret & { readonly version: number }> {
    return this.change(by, (change) => change.addSecret(client, request, condition));
  }

  /** Removes a secret by its id or its label; answers the client's version. */
  removeSecret(client: string, which: string, condition: Condition, by: Actor): Promise<number> {
    return this.change(by, (change) => change.removeSecret(client, which, condition));
  }

  /** The service of this name; built-in ones, too. */
  async findService(name: string): Promise<Stored<ServiceDocument> | undefined> {
    const [row] = await this.database.db
      .select()
      .from(servicesTable)
      .where(eq(servicesTable.name, name));
    return row && { ...stamped(row), document: serviceOfRow(row) };
  }

  /** Services by name, page by page; built-in ones, too. */
  async listServices({ after = '', limit }: Page): Promise<Stored<ServiceDocument>[]> {
    const rows = await this.database.db
      .select()
      .from(servicesTable)
      .where(follows(servicesTable.name, after))
      .orderBy(inBytes(servicesTable.name))
      .limit(limit);
    return rows.map((row) => ({ ...stamped(row), document: serviceOfRow(row) }));
  }

  /** The trusted issuer of this name. */
  async findIssuer(name: string): Promise<Stored<IssuerDocument> | undefined> {
    const [row] = await this.database.db
      .select()
      .from(issuersTable)
      .where(eq(issuersTable.name, name));
    return row && { ...stamped(row), document: issuerOfRow(row) };
  }

  /** Trusted issuers by name, page by page. */
  async listIssuers({ after = '', limit }: Page): Promise<Stored<IssuerDocument>[]> {
    const rows = await this.database.db
      .select()
      .from(issuersTable)
      .where(follows(issuersTable.name, after))
      .orderBy(inBytes(issuersTable.name))
      .limit(limit);
    return rows.map((row) => ({ ...stamped(row), document: issuerOfRow(row) }));
  }

  /** The client of this id. */
  async findClient(id: string): Promise<StoredClientInfo | undefined> {
    return (await this.readClients(eq(clientsTable.id, id)))[0];
  }

  /** Clients by id, page by page. */
  async listClients({ after = '', limit }: Page): Promise<StoredClientInfo[]> {
    const ids = this.database.db
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(follows(clientsTable.id, after))
      .orderBy(inBytes(clientsTable.id))
      .limit(limit);
    const clients = await this.readClients(sql`${clientsTable.id} in ${ids}`);
    return clients.sort((a, b) => (a.document.id < b.document.id ? -1 : 1));
  }

  /** Whether some client holds `admin:write`, and something to prove itself with. */
  hasAdministrator(): Promise<boolean> {
    return hasAdministrator(this.database, this.context.clock.now());
  }

  /**
   * Makes the database say what the file says, in one transaction: what is listed is added or
   * replaced whole, what is not stays. Applying twice changes nothing.
   *
   * Refuses (ConfigError, every problem at once) what does not fit together, or what is there.
   */
  async apply(file: RegistryFile): Promise<void> {
    try {
      await this.transaction({ name: 'registry-file' }, (log) => putDocuments(log, file));
    } catch (cause) {
      if (!(cause instanceof RegistryInvalid)) throw cause;
      const problems = cause.problems.map(
        (problem) => `REGISTRY_FILE: ${describeProblem(problem)}`,
      );
      throw new ConfigError(problems, { cause });
    }
  }

  /** Keeps the services that are this server itself; called at every boot. */
  async putBuiltInServices(): Promise<void> {
    await this.transaction({ name: 'auth-server' }, putBuiltInServices);
  }

  /** Writers take turns: what one has checked still holds when it commits. */
  private transaction<T>(by: Actor, work: (log: ChangeLog) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const current = await this.versions.lock(tx, 'registry');
      const log = new ChangeLog(tx, current + 1, by, this.context);
      const result = await work(log);
      if (log.hasChanged) await this.versions.bump(tx, 'registry');
      return result;
    });
  }

  private async readClients(which: SQL): Promise<StoredClientInfo[]> {
    const tables = await readConsistently(this.database, ({ db }) => readClients(db, which));
    const rows = new Map(tables.clients.map((row) => [row.id, row]));
    return rowsOfClients({ services: [], ...tables }).map((all) => {
      const document = { ...clientOfRows(all), secrets: undefined };
      const { version, createdAt } = rows.get(document.id) as (typeof tables.clients)[number];
      const theirs = tables.secrets.filter(({ client }) => client === document.id);
      return { document, version, createdAt, secrets: theirs.map(toSecretInfo) };
    });
  }
}

function toSecretInfo(row: Awaited<ReturnType<typeof readClients>>['secrets'][number]): SecretInfo {
  const { id, label, createdAt, expiresAt, lastUsedAt } = row;
  return {
    id,
    label,
    createdAt,
    ...(expiresAt ? { expires: expiresAt.toISOString() } : {}),
    lastUsedAt: lastUsedAt ?? undefined,
  };
}

function stamped({ version, createdAt }: { version: number; createdAt: Date }) {
  return { version, createdAt };
}

/** The order of bytes, whatever the database's collation: pages must neither skip nor repeat. */
const inBytes = (column: Parameters<typeof gt>[0]) => asc(sql`${column} collate "C"`);
const follows = (column: Parameters<typeof gt>[0], after: string) =>
  gt(sql`${column} collate "C"`, after);
