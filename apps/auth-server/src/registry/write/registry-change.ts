import { eq } from 'drizzle-orm';
import type { z } from 'zod';

import {
  clientDocument,
  edgeDocument,
  grantDocument,
  issuerDocument,
  secretDocument,
  serviceDocument,
  type ClientDocument,
  type IssuerDocument,
  type ServiceDocument,
} from '../documents/documents.js';
import { readClients } from '../read-registry.js';
import { RegistryConflict, RegistryInvalid, type RegistryProblem } from '../registry-errors.js';
import { rowsOfClients } from '../registry-rows.js';
import { clientsTable, issuersTable, servicesTable } from '../registry.tables.js';
import type { ChangeLog } from './change-log.js';
import * as secrets from './change-secrets.js';
import type { AddedSecret } from './change-secrets.js';
import type { DocumentSet } from './check-references.js';
import { keepAdministrators } from './keep-administrators.js';
import { putDocuments } from './put-documents.js';
import { removeClient, removeIssuer, removeService } from './remove-entities.js';
import { clientOfRows, type StoredClient } from './to-document.js';

/** On what a change depends: the version that was read, or that there is none. */
export interface Condition {
  readonly ifVersion?: number | 'absent' | undefined;
}

/** What a change left behind. */
export interface Written<Document> {
  readonly document: Document;
  /** The registry's version of its last change: the `ETag`. */
  readonly version: number;
  readonly isNew: boolean;
}

const secretRequest = secretDocument.pick({ label: true, expires: true });
const nothing: DocumentSet = { services: [], clients: [], issuers: [] };

/**
 * Changes of the registry within one transaction; nobody else changes it meanwhile. Every method
 * refuses with RegistryInvalid (all that is wrong with the document) or RegistryConflict (what is
 * there does not fit), and after a refusal the transaction is to be given up.
 */
export class RegistryChange {
  constructor(private readonly log: ChangeLog) {}

  /** For what else belongs into this transaction. */
  get tx(): ChangeLog['tx'] {
    return this.log.tx;
  }

  /** Adds a service or replaces it whole. */
  async putService(
    document: unknown,
    condition: Condition = {},
  ): Promise<Written<ServiceDocument>> {
    const service = parsed(serviceDocument, document);
    const version = await this.versionOfService(service.name);
    meet(condition, version);
    await this.put({ ...nothing, services: [service] });
    const now = (await this.versionOfService(service.name)) ?? this.log.version;
    return { document: service, version: now, isNew: version === undefined };
  }

  /** Adds a client or replaces it whole; without `secrets` it keeps those it has. */
  async putClient(document: unknown, condition: Condition = {}): Promise<Written<ClientDocument>> {
    const client = parsed(clientDocument, document);
    const version = await this.versionOfClient(client.id);
    meet(condition, version);
    await this.put({ ...nothing, clients: [client] });
    const now = (await this.versionOfClient(client.id)) ?? this.log.version;
    return { document: client, version: now, isNew: version === undefined };
  }

  /** Adds a trusted issuer or replaces it whole. */
  async putIssuer(document: unknown, condition: Condition = {}): Promise<Written<IssuerDocument>> {
    const issuer = parsed(issuerDocument, document);
    const version = await this.versionOfIssuer(issuer.name);
    meet(condition, version);
    await this.put({ ...nothing, issuers: [issuer] });
    const now = (await this.versionOfIssuer(issuer.name)) ?? this.log.version;
    return { document: issuer, version: now, isNew: version === undefined };
  }

  /** Removes a service that nobody holds anything of. */
  async removeService(name: string, condition: Condition = {}): Promise<void> {
    meet(condition, there(await this.versionOfService(name), 'service'));
    await removeService(this.log, name);
  }

  /** Removes a client with all that hangs on it, but never the last administrator. */
  async removeClient(id: string, condition: Condition = {}): Promise<void> {
    meet(condition, there(await this.versionOfClient(id), 'client'));
    await keepAdministrators(this.log, () => removeClient(this.log, id));
  }

  /** Removes an issuer that no client's identity names. */
  async removeIssuer(name: string, condition: Condition = {}): Promise<void> {
    meet(condition, there(await this.versionOfIssuer(name), 'issuer'));
    await removeIssuer(this.log, name);
  }

  /** Makes a secret `{ label, expires? }` for a client: the answer is the only time it is shown. */
  async addSecret(
    client: string,
    request: unknown,
    condition: Condition = {},
  ): Promise<AddedSecret & { readonly version: number }> {
    const { label, expires } = parsed(secretRequest, request);
    meet(condition, there(await this.versionOfClient(client), 'client'));
    const added = await secrets.addSecret(this.log, client, { label, expires });
    return { ...added, version: this.log.version };
  }

  /** Removes a secret by its id or its label; answers the client's version. */
  async removeSecret(client: string, which: string, condition: Condition = {}): Promise<number> {
    meet(condition, there(await this.versionOfClient(client), 'client'));
    await keepAdministrators(this.log, () => secrets.removeSecret(this.log, client, which));
    return this.log.version;
  }

  /** Grants a client something at one service, instead of what it had there. */
  async putGrant(client: string, grant: unknown, condition: Condition = {}): Promise<number> {
    const added = parsed(grantDocument, grant);
    return this.edit(client, condition, ({ grants, ...rest }) => ({
      ...rest,
      grants: [...grants.filter(({ service }) => service !== added.service), added],
    }));
  }

  /** Takes from a client what it was granted at one service. */
  async removeGrant(client: string, service: string, condition: Condition = {}): Promise<number> {
    return this.edit(client, condition, ({ grants, ...rest }) => {
      const left = grants.filter((grant) => grant.service !== service);
      if (left.length === grants.length) throw missing('grant');
      return { ...rest, grants: left };
    });
  }

  /** Lets a client exchange tokens from one service to another, instead of what it could there. */
  async putEdge(client: string, edge: unknown, condition: Condition = {}): Promise<number> {
    const added = parsed(edgeDocument, edge);
    return this.edit(client, condition, ({ onBehalfOf, ...rest }) => ({
      ...rest,
      onBehalfOf: [...onBehalfOf.filter((one) => !isBetween(one, added)), added],
    }));
  }

  /** Takes an on-behalf-of edge from a client. */
  async removeEdge(
    client: string,
    ends: { readonly source: string; readonly target: string },
    condition: Condition = {},
  ): Promise<number> {
    return this.edit(client, condition, ({ onBehalfOf, ...rest }) => {
      const left = onBehalfOf.filter((one) => !isBetween(one, ends));
      if (left.length === onBehalfOf.length) throw missing('on-behalf-of edge');
      return { ...rest, onBehalfOf: left };
    });
  }

  private async edit(
    id: string,
    condition: Condition,
    edit: (client: ClientDocument) => ClientDocument,
  ): Promise<number> {
    const { document, version } = await this.client(id);
    meet(condition, version);
    // Without secrets: it keeps those it has.
    await this.put({ ...nothing, clients: [edit({ ...document, secrets: undefined })] });
    return (await this.versionOfClient(id)) ?? this.log.version;
  }

  private async put(set: DocumentSet): Promise<void> {
    try {
      await keepAdministrators(this.log, () => putDocuments(this.log, set));
    } catch (error) {
      if (!(error instanceof RegistryInvalid)) throw error;
      // Of a set of one, the way to a member starts at the document.
      throw new RegistryInvalid(
        error.problems.map((problem) => ({ ...problem, path: problem.path.slice(2) })),
      );
    }
  }

  private async client(id: string): Promise<{ document: StoredClient; version: number }> {
    const tables = await readClients(this.tx.db, eq(clientsTable.id, id));
    const [rows] = rowsOfClients({ services: [], ...tables });
    if (!rows) throw missing('client');
    return { document: clientOfRows(rows), version: rows.client.version ?? 0 };
  }

  private async versionOfService(name: string): Promise<number | undefined> {
    const [row] = await this.tx.db.select().from(servicesTable).where(eq(servicesTable.name, name));
    if (row?.builtIn) throw new RegistryConflict('built-in', 'it belongs to this server');
    return row?.version;
  }

  private async versionOfClient(id: string): Promise<number | undefined> {
    const [row] = await this.tx.db.select().from(clientsTable).where(eq(clientsTable.id, id));
    return row?.version;
  }

  private async versionOfIssuer(name: string): Promise<number | undefined> {
    const [row] = await this.tx.db.select().from(issuersTable).where(eq(issuersTable.name, name));
    return row?.version;
  }
}

/** The document, or RegistryInvalid with all that is wrong with it. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  throw new RegistryInvalid(result.error.issues as readonly RegistryProblem[]);
}

function meet({ ifVersion }: Condition, version: number | undefined): void {
  if (ifVersion === undefined) return;
  if (ifVersion === 'absent') {
    if (version !== undefined) throw new RegistryConflict('exists', 'it is there already');
  } else if (ifVersion !== version) {
    throw new RegistryConflict('changed', 'it was changed since it was read');
  }
}

function there(version: number | undefined, what: string): number {
  if (version === undefined) throw missing(what);
  return version;
}

function missing(what: string): RegistryConflict {
  return new RegistryConflict('missing', `there is no such ${what}`);
}

interface Ends {
  readonly source: string;
  readonly target: string;
}

function isBetween(edge: Ends, { source, target }: Ends): boolean {
  return edge.source === source && edge.target === target;
}
