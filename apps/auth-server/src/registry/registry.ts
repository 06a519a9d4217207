/**
 * Who may have which token, in memory: the request path asks this and never the database.
 * Knows no request and no table. A snapshot never changes: a later one takes its place.
 */
import type { JsonWebKey } from 'node:crypto';

import type { AsymmetricAlgorithm } from '@countersign/token';

import { toClient, toIssuer, toService } from './from-rows.js';
import {
  rowsOfClients,
  type CertificateNames,
  type ClientRows,
  type LoginSettings,
  type RegistryChanges,
  type RegistryRows,
  type RemovedRow,
} from './registry-rows.js';

/** What tokens can be meant for. */
export interface Service {
  readonly name: string;
  /** Its URL. */
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Seconds; undefined means the server's own default. */
  readonly tokenLifetime: number | undefined;
  /** What signs its tokens; undefined means ES256. */
  readonly algorithm: AsymmetricAlgorithm | undefined;
  /** Public JWK that its tokens are encrypted to. */
  readonly encryptionKey: JsonWebKey | undefined;
  /** `admin` and `exchange` belong to this server: nobody edits them. */
  readonly isBuiltIn: boolean;
  /** The registry's version of its last change. */
  readonly version: number;
}

/** A secret as it is kept: never the secret itself. */
export interface SecretDigest {
  /** Names it in the audit log. */
  readonly id: string;
  readonly label: string;
  /** SHA-256, 32 bytes. */
  readonly digest: Buffer;
  /** Seconds since the epoch; none means it lives until it is removed. */
  readonly expiresAt: number | undefined;
}

/** Where a client's public keys are. A URL on a private address needs its network listed. */
export type ClientKeys =
  | { readonly jwks: readonly JsonWebKey[] }
  | {
      readonly jwksUri: string;
      /** CIDRs of private addresses that the URL may be on. */
      readonly networks: readonly string[];
      /** PEM; who may have signed the server's certificate, instead of the public authorities. */
      readonly ca: string | undefined;
    };

/** A workload as its platform names it. */
export interface Identity {
  /** Name of a trusted issuer of kind `workloads`. */
  readonly issuer: string;
  readonly subject: string;
}

/** What a client may do at one service. */
export interface Grant {
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Prefixes of users it may speak for there; empty means none. */
  readonly subjects: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
  readonly reason: string;
}

/** A token for `source` may be exchanged into one for `target`. */
export interface Edge {
  /** The audience that the subject token carries. */
  readonly source: string;
  /** The audience asked for. */
  readonly target: string;
  readonly scopes: readonly string[];
  /** Whether the new token may leave out who acts. */
  readonly impersonation: boolean;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
  readonly reason: string;
}

/** A client and all it holds. */
export interface Client {
  readonly id: string;
  /** The registry's version of its last change. */
  readonly version: number;
  /** Name of the service this client is: tokens for that one are its to exchange. */
  readonly service: string | undefined;
  readonly secrets: readonly SecretDigest[];
  readonly keys: ClientKeys | undefined;
  /** What it may sign with; empty means the default. */
  readonly algorithms: readonly AsymmetricAlgorithm[];
  /** By what its certificate is recognised; undefined when it has none. */
  readonly certificate: CertificateNames | undefined;
  /** How people log in to it; undefined where none can. */
  readonly login: LoginSettings | undefined;
  /** Whether it gets no token that is not bound to a key (RFC 9449 section 5.2). */
  readonly dpopBoundAccessTokens: boolean;
  /** Whether it gets no token that is not bound to its certificate (RFC 8705 section 3.4). */
  readonly certificateBoundAccessTokens: boolean;
  readonly identities: readonly Identity[];
  /** By audience. */
  readonly grants: ReadonlyMap<string, Grant>;
  readonly edges: readonly Edge[];
}

/** Where an issuer's public keys are. */
export type IssuerKeys =
  | { readonly jwks: readonly JsonWebKey[] }
  | { readonly jwksUri: string }
  | { readonly discover: true };

/** Somebody else whose tokens are believed, within bounds. */
export interface Issuer {
  readonly name: string;
  readonly kind: 'users' | 'workloads';
  /** The exact `iss`, or `spiffe://<trust domain>`. */
  readonly issuer: string;
  readonly keys: IssuerKeys;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  /** Longest life of a token, in seconds. */
  readonly maxLifetime: number;
  /** Prefixes of users it may speak for; kind `users` only. */
  readonly subjects: readonly string[];
  /** What its tokens may be worth at most. */
  readonly scopes: readonly string[];
  /** CIDRs of private addresses that its key set may be on. */
  readonly networks: readonly string[];
  /** PEM; who may have signed its server's certificate, instead of the public authorities. */
  readonly ca: string | undefined;
  /** The registry's version of its last change. */
  readonly version: number;
}

/** A snapshot of the registry. */
export class Registry {
  private readonly byAudience: ReadonlyMap<string, Service>;
  private readonly byIss: ReadonlyMap<string, Issuer>;
  private readonly byIdentity: ReadonlyMap<string, readonly Client[]>;

  private constructor(
    /** The version of the database this is a copy of. */
    readonly version: number,
    private readonly byName: ReadonlyMap<string, Service>,
    private readonly rowsById: ReadonlyMap<string, ClientRows>,
    private readonly byId: ReadonlyMap<string, Client>,
    private readonly issuersByName: ReadonlyMap<string, Issuer>,
  ) {
    this.byAudience = new Map([...byName.values()].map((one) => [one.audience, one]));
    this.byIss = new Map([...issuersByName.values()].map((one) => [one.issuer, one]));
    this.byIdentity = groupByIdentity(byId.values());
  }

  /** The registry of exactly these rows. */
  static from(rows: RegistryRows): Registry {
    const services = new Map(rows.services.map((row) => [row.name, toService(row)]));
    const issuers = new Map((rows.issuers ?? []).map((row) => [row.name, toIssuer(row)]));
    const clientRows = new Map(rowsOfClients(rows).map((all) => [all.client.id, all]));
    const clients = new Map([...clientRows].map(([id, all]) => [id, toClient(all, services)]));
    return new Registry(rows.version ?? 0, services, clientRows, clients, issuers);
  }

  /**
   * This registry after some changes. Clients are made anew when they changed or when a service did
   * that they hold something of; all others stay the same objects.
   */
  with(changes: RegistryChanges): Registry {
    const removed = (kind: RemovedRow['kind']) =>
      changes.removed.filter((row) => row.kind === kind).map((row) => row.name);
    const changedServices = changes.services.map((row): [string, Service] => [
      row.name,
      toService(row),
    ]);
    const changedIssuers = (changes.issuers ?? []).map((row): [string, Issuer] => [
      row.name,
      toIssuer(row),
    ]);
    const changedRows = rowsOfClients(changes).map((all): [string, ClientRows] => [
      all.client.id,
      all,
    ]);
    const services = changed(this.byName, removed('service'), changedServices);
    const rows = changed(this.rowsById, removed('client'), changedRows);
    const moved = new Set([...removed('service'), ...changedServices.map(([name]) => name)]);
    const stale = new Set([...changedRows.map(([id]) => id), ...holdersOf(moved, rows.values())]);
    const derived = [...stale].flatMap((id): [string, Client][] => {
      const all = rows.get(id);
      return all ? [[id, toClient(all, services)]] : [];
    });
    return new Registry(
      changes.version ?? this.version,
      services,
      rows,
      changed(this.byId, removed('client'), derived),
      changed(this.issuersByName, removed('issuer'), changedIssuers),
    );
  }

  /** The client of exactly this id. */
  find(id: string): Client | undefined {
    return this.byId.get(id);
  }

  /** The service that a token with this `aud` is meant for. */
  service(audience: string): Service | undefined {
    return this.byAudience.get(audience);
  }

  /** The service of this name. */
  serviceNamed(name: string): Service | undefined {
    return this.byName.get(name);
  }

  /** The trusted issuer of exactly this `iss`. */
  issuer(iss: string): Issuer | undefined {
    return this.byIss.get(iss);
  }

  /** The trusted issuer of this name. */
  issuerNamed(name: string): Issuer | undefined {
    return this.issuersByName.get(name);
  }

  /** Every client that a workload is. */
  clientsOf(identity: Identity): readonly Client[] {
    return this.byIdentity.get(identityKey(identity)) ?? [];
  }

  get services(): readonly Service[] {
    return [...this.byName.values()];
  }

  get clients(): readonly Client[] {
    return [...this.byId.values()];
  }

  get issuers(): readonly Issuer[] {
    return [...this.issuersByName.values()];
  }

  /** How many clients there are. */
  get size(): number {
    return this.byId.size;
  }
}

function changed<Value>(
  all: ReadonlyMap<string, Value>,
  removed: readonly string[],
  set: readonly (readonly [string, Value])[],
): ReadonlyMap<string, Value> {
  if (removed.length === 0 && set.length === 0) return all;
  const copy = new Map(all);
  for (const name of removed) copy.delete(name);
  for (const [name, value] of set) copy.set(name, value);
  return copy;
}

function holdersOf(services: ReadonlySet<string>, rows: Iterable<ClientRows>): string[] {
  if (services.size === 0) return [];
  const holds = ({ grants, edges }: ClientRows) =>
    grants.some(({ service }) => services.has(service)) ||
    edges.some(({ source, target }) => services.has(source) || services.has(target));
  return [...rows].filter(holds).map(({ client }) => client.id);
}

function groupByIdentity(clients: Iterable<Client>): ReadonlyMap<string, readonly Client[]> {
  const groups = new Map<string, Client[]>();
  for (const client of clients) {
    for (const identity of client.identities) {
      const key = identityKey(identity);
      const group = groups.get(key);
      if (group) group.push(client);
      else groups.set(key, [client]);
    }
  }
  return groups;
}

/** The name of an issuer holds no space: no two identities have one key. */
function identityKey({ issuer, subject }: Identity): string {
  return `${issuer} ${subject}`;
}
