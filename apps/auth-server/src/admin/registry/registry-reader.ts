/**
 * What administrators see of the registry: documents as they were written, and their versions. What
 * GET answers, PUT takes.
 */
import { RegistryConflict } from '../../registry/registry-errors.js';
import type {
  RegistryStore,
  SecretInfo,
  Stored,
  StoredClientInfo,
} from '../../registry/registry-store.js';
import type {
  ClientDocument,
  IssuerDocument,
  ServiceDocument,
} from '../../registry/documents/documents.js';
import type { PageRequest } from '../http/paging.js';

/** A document and the registry's version of its last change. */
export interface Versioned<Document> {
  readonly body: Document;
  readonly version: number;
}

/** A document in a list. */
export type Listed<Document> = Document & { readonly version: number };

/** A client in a list. */
export interface ClientSummary {
  readonly id: string;
  readonly service?: string;
  /** Names of the services it was granted something of. */
  readonly granted: readonly string[];
  readonly version: number;
}

/** A secret as administrators see it: never itself, nor its digest. */
export interface SecretSummary {
  readonly id: string;
  readonly label: string;
  readonly created: string;
  readonly expires?: string;
  readonly lastUsed?: string;
}

/**
 * Reads the registry from the database: the snapshot of the request path may be a moment behind.
 * Lists hold one entry more than asked for, if there is one. What is not there is a RegistryConflict.
 */
export class RegistryReader {
  constructor(private readonly store: RegistryStore) {}

  /** One service; those of this server itself too. */
  async service(name: string): Promise<Versioned<ServiceDocument>> {
    return versioned(await this.store.findService(name), 'service');
  }

  /** Services in the order of their names. */
  async services(page: PageRequest): Promise<Listed<ServiceDocument>[]> {
    return (await this.store.listServices(oneMore(page))).map(listed);
  }

  /** One client without its secrets. */
  async client(id: string): Promise<Versioned<ClientDocument>> {
    const { body, version } = versioned(await this.store.findClient(id), 'client');
    return { body: inOrder(body), version };
  }

  /** Clients in the order of their ids. */
  async clients(page: PageRequest): Promise<ClientSummary[]> {
    return (await this.store.listClients(oneMore(page))).map(toSummary);
  }

  /** The secrets of a client, by label. */
  async secrets(id: string): Promise<SecretSummary[]> {
    const { secrets } = found(await this.store.findClient(id), 'client');
    return secrets.map(toSecret);
  }

  /** One trusted issuer. */
  async issuer(name: string): Promise<Versioned<IssuerDocument>> {
    return versioned(await this.store.findIssuer(name), 'issuer');
  }

  /** Trusted issuers in the order of their names. */
  async issuers(page: PageRequest): Promise<Listed<IssuerDocument>[]> {
    return (await this.store.listIssuers(oneMore(page))).map(listed);
  }
}

const oneMore = ({ after, limit }: PageRequest): PageRequest => ({ after, limit: limit + 1 });

function versioned<Document>(
  stored: Stored<Document> | undefined,
  kind: string,
): Versioned<Document> {
  const { document: body, version } = found(stored, kind);
  return { body, version };
}

/** The database keeps no order of what has a name. */
function inOrder(client: ClientDocument): ClientDocument {
  return {
    ...client,
    grants: sortedBy(client.grants, ({ service }) => service),
    onBehalfOf: sortedBy(client.onBehalfOf, ({ source, target }) => `${source} ${target}`),
    identities: sortedBy(client.identities, ({ issuer, subject }) => `${issuer} ${subject}`),
  };
}

function sortedBy<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...items].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function listed<Document extends object>({
  document,
  version,
}: Stored<Document>): Listed<Document> {
  return { ...document, version };
}

function toSummary({ document, version }: StoredClientInfo): ClientSummary {
  const { id, service, grants } = document;
  const granted = grants.map((grant) => grant.service).sort();
  return { id, ...(service === undefined ? {} : { service }), granted, version };
}

function toSecret({ id, label, createdAt, expires, lastUsedAt }: SecretInfo): SecretSummary {
  return {
    id,
    label,
    created: createdAt.toISOString(),
    ...(expires === undefined ? {} : { expires }),
    ...(lastUsedAt === undefined ? {} : { lastUsed: lastUsedAt.toISOString() }),
  };
}

function found<Value>(value: Value | undefined, kind: string): Value {
  if (value !== undefined) return value;
  throw new RegistryConflict('missing', `there is no such ${kind}`);
}
