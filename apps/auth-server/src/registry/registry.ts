/**
 * Who may have which token, in memory: the token endpoint asks this and never the database.
 * Knows no request and no table.
 */

/** A secret as it is kept: never the secret itself. */
export interface SecretDigest {
  /** SHA-256, 32 bytes. */
  readonly digest: Buffer;
  /** Seconds since the epoch; none means it lives until it is removed. */
  readonly expiresAt: number | undefined;
}

/** What a client may do at one service. */
export interface Grant {
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Prefixes of users it may speak for there; empty means none. */
  readonly subjects: readonly string[];
}

/** A client and all it holds. */
export interface Client {
  readonly id: string;
  readonly secrets: readonly SecretDigest[];
  /** By audience. */
  readonly grants: ReadonlyMap<string, Grant>;
}

/** The rows a registry is made from. */
export interface RegistryRows {
  readonly services: readonly { name: string; audience: string; scopes: readonly string[] }[];
  readonly clients: readonly { id: string }[];
  readonly secrets: readonly { client: string; sha256: string; expiresAt: Date | null }[];
  readonly grants: readonly {
    client: string;
    service: string;
    scopes: readonly string[];
    subjects: readonly string[];
  }[];
}

/** A snapshot of the registry. */
export class Registry {
  private constructor(private readonly clients: ReadonlyMap<string, Client>) {}

  /** A grant never reaches beyond what its service has: scopes a service lost are lost here. */
  static from(rows: RegistryRows): Registry {
    const services = new Map(rows.services.map((service) => [service.name, service]));
    const secretsOf = byClient(rows.secrets);
    const grantsOf = byClient(rows.grants);
    const clients = rows.clients.map(({ id }): [string, Client] => {
      const secrets = (secretsOf.get(id) ?? []).map(toDigest);
      const grants = (grantsOf.get(id) ?? []).flatMap((grant): [string, Grant][] => {
        const service = services.get(grant.service);
        if (!service) return [];
        const { audience } = service;
        const scopes = grant.scopes.filter((scope) => service.scopes.includes(scope));
        return [[audience, { audience, scopes, subjects: grant.subjects }]];
      });
      return [id, { id, secrets, grants: new Map(grants) }];
    });
    return new Registry(new Map(clients));
  }

  /** The client of exactly this id. */
  find(id: string): Client | undefined {
    return this.clients.get(id);
  }

  /** How many clients there are. */
  get size(): number {
    return this.clients.size;
  }
}

function byClient<Row extends { readonly client: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.client);
    if (group) group.push(row);
    else groups.set(row.client, [row]);
  }
  return groups;
}

function toDigest({ sha256, expiresAt }: RegistryRows['secrets'][number]): SecretDigest {
  return {
    digest: Buffer.from(sha256, 'base64url'),
    expiresAt: expiresAt ? expiresAt.getTime() / 1000 : undefined,
  };
}
