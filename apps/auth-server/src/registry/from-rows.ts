/** Rows become what the request path reads: times in seconds, services by their audience. */
import type {
  ClientRows,
  EdgeRow,
  GrantRow,
  IssuerRow,
  SecretRow,
  ServiceRow,
} from './registry-rows.js';
import type {
  Client,
  ClientKeys,
  Edge,
  Grant,
  Issuer,
  IssuerKeys,
  SecretDigest,
  Service,
} from './registry.js';

type ServicesByName = ReadonlyMap<string, Service>;

/** The service of a row. */
export function toService(row: ServiceRow): Service {
  return {
    name: row.name,
    audience: row.audience,
    scopes: row.scopes,
    tokenLifetime: row.tokenLifetime ?? undefined,
    algorithm: row.algorithm ?? undefined,
    encryptionKey: row.encryptionKey ?? undefined,
    isBuiltIn: row.builtIn ?? false,
    version: row.version ?? 0,
  };
}

/** The issuer of a row. */
export function toIssuer(row: IssuerRow): Issuer {
  const { name, kind, issuer, algorithms, maxLifetime } = row;
  return {
    name,
    kind,
    issuer,
    keys: keysOfIssuer(row),
    algorithms,
    maxLifetime,
    subjects: row.subjects ?? [],
    scopes: row.scopes ?? [],
    networks: row.networks ?? [],
    ca: row.ca ?? undefined,
    version: row.version ?? 0,
  };
}

function keysOfIssuer({ jwks, jwksUri }: IssuerRow): IssuerKeys {
  if (jwks) return { jwks };
  return jwksUri ? { jwksUri } : { discover: true };
}

/**
 * The client of its rows. What it was granted never reaches beyond what a service has: scopes that a
 * service lost are lost here.
 */
export function toClient(rows: ClientRows, services: ServicesByName): Client {
  const { client, secrets, identities } = rows;
  return {
    id: client.id,
    version: client.version ?? 0,
    service: client.service ?? undefined,
    secrets: secrets.map(toDigest),
    keys: keysOfClient(rows),
    algorithms: client.algorithms ?? [],
    certificate: client.certificate ?? undefined,
    login: client.login ?? undefined,
    dpopBoundAccessTokens: client.dpopBound ?? false,
    certificateBoundAccessTokens: client.certificateBound ?? false,
    identities: identities.map(({ issuer, subject }) => ({ issuer, subject })),
    grants: new Map(rows.grants.flatMap((row) => toGrant(row, services))),
    edges: rows.edges.flatMap((row) => toEdge(row, services)),
  };
}

function keysOfClient({ client, keys }: ClientRows): ClientKeys | undefined {
  if (keys.length > 0) return { jwks: keys.map(({ jwk }) => jwk) };
  if (!client.jwksUri) return undefined;
  return { jwksUri: client.jwksUri, networks: client.networks ?? [], ca: client.ca ?? undefined };
}

function toGrant(row: GrantRow, services: ServicesByName): [string, Grant][] {
  const service = services.get(row.service);
  if (!service) return [];
  const { audience } = service;
  const grant: Grant = {
    audience,
    scopes: row.scopes.filter((scope) => service.scopes.includes(scope)),
    subjects: row.subjects,
    expiresAt: secondsOf(row.expiresAt),
    reason: row.reason ?? '',
  };
  return [[audience, grant]];
}

function toEdge(row: EdgeRow, services: ServicesByName): Edge[] {
  const source = services.get(row.source);
  const target = services.get(row.target);
  if (!source || !target) return [];
  return [
    {
      source: source.audience,
      target: target.audience,
      scopes: row.scopes.filter((scope) => target.scopes.includes(scope)),
      impersonation: row.impersonation ?? false,
      expiresAt: secondsOf(row.expiresAt),
      reason: row.reason ?? '',
    },
  ];
}

function toDigest({ id = '', label = '', sha256, expiresAt }: SecretRow): SecretDigest {
  const digest = Buffer.from(sha256, 'base64url');
  return { id, label, digest, expiresAt: secondsOf(expiresAt) };
}

function secondsOf(date: Date | null | undefined): number | undefined {
  return date ? date.getTime() / 1000 : undefined;
}
