/**
 * What the demonstration is made of: made-up people in two teams, the two services that are called,
 * and the two clients that call. Everything secret is generated elsewhere.
 */
import { createHash } from 'node:crypto';

/** Where the services are. @internal */
export interface FleetUrls {
  /** The issuer: no trailing slash (RFC 8414 section 2). */
  readonly issuer: string;
  /** Audience of Herald, with trailing slash. */
  readonly herald: string;
  /** Audience of Census, with trailing slash. */
  readonly census: string;
  /** Where browsers find the web-app, with trailing slash: another site than the auth server. */
  readonly webApp: string;
}

/** One user as Census' USERS_FILE wants it. @internal */
export interface SeedUser {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly team: string;
}

/** What a client may ask for towards one service. @internal */
export interface SeedGrant {
  readonly service: string;
  readonly scopes: readonly string[];
  /** Prefixes of users it may speak for; without it, none. */
  readonly subjects?: readonly string[];
}

/** For whom a client may go on, from one service to another. @internal */
export interface SeedEdge {
  readonly source: string;
  readonly target: string;
  readonly scopes: readonly string[];
}

/** One client, with its grants; without keys its secret is looked up by its id. @internal */
export interface SeedClient {
  readonly id: string;
  /** The service that it is: whose tokens it may exchange. */
  readonly service?: string;
  /** Where the keys are that it proves itself with. */
  readonly keys?: { readonly jwksUri: string; readonly networks: readonly string[] };
  readonly grants: readonly SeedGrant[];
  /** How people log in to it. */
  readonly login?: {
    readonly name: string;
    readonly redirectUris: readonly string[];
    readonly postLogoutRedirectUris: readonly string[];
  };
  readonly onBehalfOf?: readonly SeedEdge[];
}

/** One service that tokens are made for. @internal */
export interface SeedService {
  readonly name: string;
  readonly audience: string;
  readonly scopes: readonly string[];
}

/** Everything the auth server and Census are told at boot. @internal */
export interface Seeds {
  readonly users: readonly SeedUser[];
  readonly services: readonly SeedService[];
  readonly clients: readonly SeedClient[];
}

/** The service client of `demo.env`. @internal */
export const readerClient = 'demo-reader';
/** The client that asks why. @internal */
export const operatorClient = 'demo-ops';
/** The client that speaks for users. @internal */
export const webClient = 'demo-web';

/** Who plays which part in the story. @internal */
export const cast = {
  /** Sends. */
  sender: 21,
  /** Receives: of the same team as the sender. */
  recipient: 42,
  /** Of the other team. */
  stranger: 7,
} as const;

/** The URI of a user: what tokens and notifications call them. @internal */
export const userUri = (urls: FleetUrls, id: number): string => `${urls.census}user/${id}/`;

const users: readonly SeedUser[] = [
  { id: 21, name: 'Nora Blue', email: 'nora@example.test', team: 'blue' },
  { id: 42, name: 'Bruno Blue', email: 'bruno@example.test', team: 'blue' },
  { id: 7, name: 'Greta Green', email: 'greta@example.test', team: 'green' },
  { id: 8, name: 'Gus Green', email: 'gus@example.test', team: 'green' },
];

/** One of the users, by their number. @internal */
export function demoUser(id: number): SeedUser {
  const user = users.find((one) => one.id === id);
  if (user === undefined) throw new TypeError(`there is no user ${id}`);
  return user;
}

/** Herald as a client: what it needs where it exchanges tokens. It proves itself with its own keys. */
const heraldItself = (urls: FleetUrls): SeedClient => ({
  id: 'herald',
  service: 'herald',
  keys: {
    jwksUri: `${urls.herald}.well-known/jwks.json`,
    networks: ['127.0.0.0/8'],
  },
  onBehalfOf: [{ source: 'herald', target: 'census', scopes: ['users:read'] }],
  grants: [{ service: 'census', scopes: ['users:read'], subjects: [`${urls.census}user/`] }],
});

/** The application that people log in to. It proves itself with a key that it makes. @internal */
export const webAppClient = (urls: FleetUrls, port: number): SeedClient => ({
  id: 'web-app',
  keys: {
    jwksUri: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    networks: ['127.0.0.0/8'],
  },
  login: {
    name: 'Note to self',
    redirectUris: [`${urls.webApp}callback`],
    postLogoutRedirectUris: [urls.webApp],
  },
  onBehalfOf: [
    {
      source: 'exchange',
      target: 'herald',
      scopes: ['notifications:send', 'notifications:read'],
    },
  ],
  grants: [],
});

/** The demonstration at these URLs. @internal */
export function demoSeeds(urls: FleetUrls): Seeds {
  return {
    users,
    services: [
      {
        name: 'herald',
        audience: urls.herald,
        scopes: [
          'notifications:send',
          'notifications:read',
          'notifications:read:any',
          'notifications:resend',
          'notifications:preview',
          'admin:read',
        ],
      },
      {
        name: 'census',
        audience: urls.census,
        scopes: ['users:read', 'users:read:any', 'users:write', 'users:write:any', 'admin:read'],
      },
    ],
    clients: [
      heraldItself(urls),
      { id: readerClient, grants: [{ service: 'census', scopes: ['users:read:any'] }] },
      {
        id: operatorClient,
        grants: [
          { service: 'herald', scopes: ['admin:read'] },
          { service: 'census', scopes: ['admin:read'] },
        ],
      },
      {
        id: webClient,
        grants: [
          {
            service: 'herald',
            scopes: ['notifications:send', 'notifications:read'],
            subjects: [`${urls.census}user/`],
          },
        ],
      },
    ],
  };
}

/** The REGISTRY_FILE for these seeds: of each secret only its SHA-256. @internal */
export function registryFile(seeds: Seeds, secrets: Readonly<Record<string, string>>): string {
  const clients = seeds.clients.map((client) => ({
    ...client,
    ...(client.keys === undefined && {
      secrets: [{ label: 'demo', sha256: sha256(secretOf(secrets, client.id)) }],
    }),
  }));
  return `${JSON.stringify({ services: seeds.services, clients }, null, 2)}\n`;
}

/** The USERS_FILE for these seeds. @internal */
export function usersFile(seeds: Seeds): string {
  return `${JSON.stringify({ users: seeds.users }, null, 2)}\n`;
}

const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

function secretOf(secrets: Readonly<Record<string, string>>, id: string): string {
  const secret = secrets[id];
  if (secret === undefined) throw new Error(`no secret was generated for the client ${id}`);
  return secret;
}
