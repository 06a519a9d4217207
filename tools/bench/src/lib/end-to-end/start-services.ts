import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '@countersign/testing';
import { request } from 'undici';

import { ServerProcess } from '../server-process.js';
import { startMailSink } from './mail-sink.js';

const apps = join(import.meta.dirname, '../../../../../apps');
const users = Array.from({ length: 100 }, (_, index) => index + 1);
const client = 'bench';

/** The three services as they are built, and tokens to ask Herald with. */
export interface Services {
  readonly herald: ServerProcess;
  readonly census: ServerProcess;
  /** One per user: nobody is slowed down by the limit of one user. */
  readonly tokens: readonly string[];
  /** The body of a notification to the n-th user. */
  readonly body: (n: number) => string;
  stop(): Promise<void>;
}

/** Where Herald and Census keep what they know; PGlite unless given. */
export interface DatabaseUrls {
  readonly herald: string;
  readonly census: string;
}

/** Starts auth-server, Census and Herald, and a relay that takes everything. */
export async function startServices(databases?: DatabaseUrls): Promise<Services> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-end-to-end-'));
  const mail = await startMailSink();
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
    await mail.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const [auth, census, herald] = [await freePort(), await freePort(), await freePort()];
    const place: Place = {
      directory,
      secret: randomBytes(32).toString('base64url'),
      urls: { auth: urlOf(auth).slice(0, -1), census: urlOf(census), herald: urlOf(herald) },
    };
    await writeFiles(place);
    for (const [name, port, more] of [
      ['auth-server', auth, authServerEnvironment(place)],
      ['census', census, censusEnvironment(place, databases)],
      ['herald', herald, heraldEnvironment(place, mail.url, databases)],
    ] as const)
      started.push(await startService(name, port, { DATA_DIR: join(directory, name), ...more }));
    const [, censusServer, heraldServer] = started as [ServerProcess, ServerProcess, ServerProcess];
    const tokens = await Promise.all(users.map((_, n) => tokenFor(place, n)));
    const body = (n: number): string =>
      JSON.stringify({ user: userUri(place, n + 1), type: 'welcome-message' });
    return { herald: heraldServer, census: censusServer, tokens, body, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Place {
  readonly directory: string;
  readonly secret: string;
  readonly urls: { readonly auth: string; readonly census: string; readonly herald: string };
}

type Environment = Readonly<Record<string, string>>;

const startService = (name: string, port: number, more: Environment): Promise<ServerProcess> =>
  ServerProcess.startProgram(
    join(apps, name, 'dist/main.js'),
    {
      NODE_ENV: 'production',
      PORT: String(port),
      PUBLIC_URL: urlOf(port),
      SHUTDOWN_DELAY: '0',
      ...more,
    },
    '/health/ready',
  );

const authServerEnvironment = ({ directory }: Place): Environment => ({
  REGISTRY_FILE: join(directory, 'registry.json'),
  ACCESS_TOKEN_LIFETIME: '3600',
  RATE_LIMIT_CLIENT: '100000000',
  RATE_LIMIT_ADDRESS: '100000000',
});

const censusEnvironment = ({ directory, urls }: Place, databases?: DatabaseUrls): Environment => ({
  AUTH_SERVER_URL: urls.auth,
  HERALD_URL: urls.herald,
  USERS_FILE: join(directory, 'users.json'),
  ...(databases && { DATABASE_URL: databases.census }),
});

// The limits count every request, as in production, and are never reached.
const heraldEnvironment = (
  { urls }: Place,
  smtpUrl: string,
  databases?: DatabaseUrls,
): Environment => ({
  AUTH_SERVER_URL: urls.auth,
  CENSUS_URL: urls.census,
  SMTP_URL: smtpUrl,
  NOTIFICATIONS_PER_MINUTE: '100000',
  NOTIFICATIONS_PER_MINUTE_OF_CALLER: '1000000',
  NOTIFICATIONS_PENDING_MAX: '1000000',
  ...(databases && { DATABASE_URL: databases.herald }),
});

const userUri = ({ urls }: Place, n: number): string =>
  `${urls.census}user/${users[n % users.length]}/`;

async function writeFiles(place: Place): Promise<void> {
  await writeFile(join(place.directory, 'registry.json'), registryOf(place), { mode: 0o600 });
  await writeFile(join(place.directory, 'users.json'), peopleFile());
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}/`;

function registryOf({ secret, urls: { herald, census } }: Place): string {
  const sha256 = createHash('sha256').update(secret).digest('base64url');
  const scopes = ['notifications:send'];
  return JSON.stringify({
    services: [{ name: 'herald', audience: herald, scopes }],
    clients: [
      {
        id: client,
        secrets: [{ label: 'bench', sha256 }],
        grants: [{ service: 'herald', scopes, subjects: [`${census}user/`] }],
      },
    ],
  });
}

const peopleFile = (): string =>
  JSON.stringify({
    users: users.map((id) => ({
      id,
      name: `User ${id}`,
      email: `user${id}@example.test`,
      team: 'blue',
    })),
  });

async function tokenFor(place: Place, n: number): Promise<string> {
  const { secret, urls } = place;
  const { statusCode, body } = await request(`${urls.auth}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: urls.herald,
      requested_subject: userUri(place, n),
    }).toString(),
  });
  const answer = (await body.json()) as { readonly access_token?: string };
  if (statusCode === 200 && answer.access_token !== undefined) return answer.access_token;
  throw new Error(`the auth server answered ${statusCode}`);
}
