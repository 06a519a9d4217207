/** Rows become the documents they were written from: what an administrator reads and compares. */
import { isDeepStrictEqual } from 'node:util';

import type {
  ClientDocument,
  EdgeDocument,
  GrantDocument,
  IssuerDocument,
  SecretDocument,
  ServiceDocument,
} from '../documents/documents.js';
import type {
  ClientRow,
  ClientRows,
  EdgeRow,
  GrantRow,
  IssuerRow,
  SecretRow,
  ServiceRow,
} from '../registry-rows.js';

/** A client as it is kept: with the digests of its secrets. */
export type StoredClient = ClientDocument & { readonly secrets: SecretDocument[] };

/** The service of a row. */
export function serviceOfRow(row: ServiceRow): ServiceDocument {
  return {
    name: row.name,
    audience: row.audience,
    scopes: [...row.scopes],
    ...optional('tokenLifetime', row.tokenLifetime),
    ...optional('algorithm', row.algorithm),
    ...optional('encryptionKey', row.encryptionKey),
  };
}

/** The client of its rows. */
export function clientOfRows(rows: ClientRows): StoredClient {
  const { client, secrets, identities, grants, edges } = rows;
  return {
    id: client.id,
    ...optional('service', client.service),
    secrets: secrets.map(secretOfRow),
    ...optional('keys', keysOfRows(rows)),
    algorithms: [...(client.algorithms ?? [])],
    ...optional('certificate', certificateOfRow(client)),
    ...optional('login', loginOfRow(client)),
    dpopBoundAccessTokens: client.dpopBound ?? false,
    certificateBoundAccessTokens: client.certificateBound ?? false,
    identities: identities.map(({ issuer, subject }) => ({ issuer, subject })),
    grants: grants.map(grantOfRow),
    onBehalfOf: edges.map(edgeOfRow),
  };
}

function keysOfRows({ client, keys }: ClientRows): ClientDocument['keys'] {
  if (keys.length > 0) return { jwks: keys.map(({ jwk }) => jwk), networks: [] };
  if (!client.jwksUri) return undefined;
  const { jwksUri, networks = [], ca } = client;
  return { jwksUri, networks: [...networks], ...optional('ca', ca) };
}

function certificateOfRow({ certificate }: ClientRow): ClientDocument['certificate'] {
  if (!certificate) return undefined;
  const { thumbprints, ...names } = certificate;
  return { ...names, ...optional('thumbprints', thumbprints && [...thumbprints]) };
}

function loginOfRow({ login }: ClientRow): ClientDocument['login'] {
  if (!login) return undefined;
  const { redirectUris, postLogoutRedirectUris } = login;
  return {
    ...login,
    redirectUris: [...redirectUris],
    postLogoutRedirectUris: [...postLogoutRedirectUris],
  };
}

/** The secret of a row. */
function secretOfRow({ label = '', sha256, expiresAt }: SecretRow): SecretDocument {
  return { label, sha256, ...expires(expiresAt) };
}

function grantOfRow(row: GrantRow): GrantDocument {
  const { service, scopes, subjects, reason = '' } = row;
  return {
    service,
    scopes: [...scopes],
    subjects: [...subjects],
    ...expires(row.expiresAt),
    reason,
  };
}

function edgeOfRow(row: EdgeRow): EdgeDocument {
  const { source, target, scopes, impersonation = false, reason = '' } = row;
  return {
    source,
    target,
    scopes: [...scopes],
    impersonation,
    ...expires(row.expiresAt),
    reason,
  };
}

/** The issuer of a row. */
export function issuerOfRow(row: IssuerRow): IssuerDocument {
  const { name, kind, issuer, jwks, jwksUri, discover, algorithms, maxLifetime } = row;
  return {
    name,
    kind,
    issuer,
    keys: {
      ...optional('jwks', jwks ? [...jwks] : undefined),
      ...optional('jwksUri', jwksUri),
      ...(discover ? { discover: true as const } : {}),
    },
    algorithms: [...algorithms],
    maxLifetime,
    subjects: [...(row.subjects ?? [])],
    scopes: [...(row.scopes ?? [])],
    networks: [...(row.networks ?? [])],
    ...optional('ca', row.ca),
  };
}

/** Names of the members in which two documents differ; the order of what has names means nothing. */
export function differences(before: object, after: object): string[] {
  const [one, other] = [comparable(before), comparable(after)];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !isDeepStrictEqual(one[name], other[name]));
}

const orders: Readonly<Record<string, (item: never) => string>> = {
  secrets: ({ label }: SecretDocument) => label,
  identities: ({ issuer, subject }: { issuer: string; subject: string }) => `${issuer} ${subject}`,
  grants: ({ service }: GrantDocument) => service,
  onBehalfOf: ({ source, target }: EdgeDocument) => `${source} ${target}`,
};

function comparable(document: object): Readonly<Record<string, unknown>> {
  // What is undefined is absent, as in the database.
  const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  for (const [name, keyOf] of Object.entries(orders)) {
    const items = plain[name];
    if (!Array.isArray(items)) continue;
    const keyed = (items as never[]).map((item): [string, unknown] => [keyOf(item), item]);
    plain[name] = keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }
  return plain;
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | null | undefined,
): { [N in Name]?: Value } {
  return (value === null || value === undefined ? {} : { [name]: value }) as {
    [N in Name]?: Value;
  };
}

function expires(at: Date | null | undefined): { expires?: string } {
  return at ? { expires: at.toISOString() } : {};
}
