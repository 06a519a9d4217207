/**
 * The rows a registry is made from, as the tables hold them. What a row may leave out is what a
 * registry needs not: a client without keys has none.
 */
import type { JsonWebKey } from 'node:crypto';

import type { AsymmetricAlgorithm } from '@countersign/token';

/** A service. */
export interface ServiceRow {
  readonly name: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly tokenLifetime?: number | null;
  readonly algorithm?: AsymmetricAlgorithm | null;
  readonly encryptionKey?: JsonWebKey | null;
  readonly builtIn?: boolean;
  readonly version?: number;
}

/** By what a client's certificate is recognised: one of these. */
export interface CertificateNames {
  /** Distinguished name (RFC 4514). */
  readonly subject?: string | undefined;
  /** A DNS name among its alternative names. */
  readonly dns?: string | undefined;
  /** A URI there. */
  readonly uri?: string | undefined;
  /** `x5t#S256` of the certificates themselves. */
  readonly thumbprints?: readonly string[] | undefined;
  /** Its key is one of the keys registered for the client. */
  readonly keys?: true | undefined;
}

/** How people log in to a client. */
export interface LoginSettings {
  /** What people know it by. */
  readonly name: string;
  /** Where a browser may be sent with an answer: compared as whole texts. */
  readonly redirectUris: readonly string[];
  /** Where a browser may be sent after a logout. */
  readonly postLogoutRedirectUris: readonly string[];
  /** Whether people are asked what it may do. */
  readonly consent: 'ask' | 'implied';
}

/** A client, without what hangs on it. */
export interface ClientRow {
  readonly id: string;
  readonly service?: string | null;
  readonly jwksUri?: string | null;
  readonly networks?: readonly string[];
  readonly ca?: string | null;
  readonly algorithms?: readonly AsymmetricAlgorithm[];
  readonly certificate?: CertificateNames | null;
  readonly login?: LoginSettings | null;
  readonly dpopBound?: boolean;
  readonly certificateBound?: boolean;
  readonly version?: number;
}

/** A secret of a client. */
export interface SecretRow {
  readonly client: string;
  readonly id?: string;
  readonly label?: string;
  readonly sha256: string;
  readonly expiresAt: Date | null;
}

/** A public key of a client. */
export interface KeyRow {
  readonly client: string;
  readonly jwk: JsonWebKey;
}

/** A workload that is a client. */
export interface IdentityRow {
  readonly client: string;
  readonly issuer: string;
  readonly subject: string;
}

/** What a client may do at a service. */
export interface GrantRow {
  readonly client: string;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly subjects: readonly string[];
  readonly expiresAt?: Date | null;
  readonly reason?: string;
}

/** What a client may exchange, by the names of services. */
export interface EdgeRow {
  readonly client: string;
  readonly source: string;
  readonly target: string;
  readonly scopes: readonly string[];
  readonly impersonation?: boolean;
  readonly expiresAt?: Date | null;
  readonly reason?: string;
}

/** A trusted issuer. */
export interface IssuerRow {
  readonly name: string;
  readonly kind: 'users' | 'workloads';
  readonly issuer: string;
  readonly jwks?: readonly JsonWebKey[] | null;
  readonly jwksUri?: string | null;
  readonly discover?: boolean;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly maxLifetime: number;
  readonly subjects?: readonly string[];
  readonly scopes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ca?: string | null;
  readonly version?: number;
}

/** Rows of every table: all there are, or those of what changed. */
export interface RegistryRows {
  readonly version?: number;
  readonly services: readonly ServiceRow[];
  readonly clients: readonly ClientRow[];
  readonly secrets?: readonly SecretRow[];
  readonly keys?: readonly KeyRow[];
  readonly identities?: readonly IdentityRow[];
  readonly grants?: readonly GrantRow[];
  readonly edges?: readonly EdgeRow[];
  readonly issuers?: readonly IssuerRow[];
}

/** What is gone. */
export interface RemovedRow {
  readonly kind: 'service' | 'client' | 'issuer';
  readonly name: string;
}

/** Rows that changed since some version: those there are now, and the names of those removed. */
export interface RegistryChanges extends RegistryRows {
  readonly removed: readonly RemovedRow[];
}

/** A client's own row and all that hangs on it. */
export interface ClientRows {
  readonly client: ClientRow;
  readonly secrets: readonly SecretRow[];
  readonly keys: readonly KeyRow[];
  readonly identities: readonly IdentityRow[];
  readonly grants: readonly GrantRow[];
  readonly edges: readonly EdgeRow[];
}

/** Gathers what hangs on each client. */
export function rowsOfClients(rows: RegistryRows): ClientRows[] {
  const secrets = byClient(rows.secrets);
  const keys = byClient(rows.keys);
  const identities = byClient(rows.identities);
  const grants = byClient(rows.grants);
  const edges = byClient(rows.edges);
  return rows.clients.map((client) => ({
    client,
    secrets: secrets.get(client.id) ?? [],
    keys: keys.get(client.id) ?? [],
    identities: identities.get(client.id) ?? [],
    grants: grants.get(client.id) ?? [],
    edges: edges.get(client.id) ?? [],
  }));
}

function byClient<Row extends { readonly client: string }>(
  rows: readonly Row[] = [],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.client);
    if (group) group.push(row);
    else groups.set(row.client, [row]);
  }
  return groups;
}
