import type { TestPostgres } from '@countersign/test-postgres';

import { ServerProcess } from '../server-process.js';
import { createFixtures, writeFixtures, type Fixtures } from './fixtures.js';
import { startAuthServer, type AuthServerSetting } from './start-auth-server.js';
import type { Series } from './series.js';
import { withAssertions, withSecrets, withSubjectToken } from './token-requests.js';

const MANY = 10_000;

/** Everything that is measured, and the server whose memory and profile are looked at. */
export interface Contenders {
  readonly series: readonly Series[];
  readonly main: { readonly server: ServerProcess; readonly fixtures: Fixtures };
  readonly stop: () => Promise<void>;
}

/** Starts every server, each in a process of its own, ours in its variants. */
export async function startContenders(
  postgres: TestPostgres,
  program: string | undefined,
): Promise<Contenders> {
  const starting = new Starting(postgres, program);
  try {
    return { ...(await starting.all()), stop: () => starting.stop() };
  } catch (error) {
    await starting.stop();
    throw error;
  }
}

function withSecret(
  group: string,
  name: string,
  label: string,
  server: ServerProcess,
  fixtures: Fixtures,
): Series {
  const path = name.startsWith('ours') ? '/oauth2/token' : '/token';
  const algorithm = name.endsWith('-rs') ? 'RS256' : 'ES256';
  return { group, name, label, server, algorithm, prepare: () => withSecrets(path, fixtures) };
}

class Starting {
  private readonly cleaners: (() => Promise<void>)[] = [];
  private readonly one = createFixtures(1);
  private readonly many = createFixtures(MANY);

  constructor(
    private readonly postgres: TestPostgres,
    private readonly program: string | undefined,
  ) {}

  async stop(): Promise<void> {
    for (const clean of this.cleaners.splice(0).reverse()) await clean();
  }

  async all(): Promise<Omit<Contenders, 'stop'>> {
    const { file, remove } = await writeFixtures(this.one);
    this.cleaners.push(remove);
    const env = { BENCH_FIXTURES: file, NODE_ENV: 'production' };
    const ours = await this.ours({ databaseUrl: await this.postgres.url('ours') });
    return {
      main: { server: ours, fixtures: this.one },
      series: [
        ...(await this.secrets(env, ours)),
        ...(await this.rsa({ ...env, BENCH_ALG: 'RS256' })),
        ...(await this.assertions(env, ours)),
        this.exchange(ours),
      ],
    };
  }

  /** client_credentials with a secret, ES256. */
  private async secrets(env: NodeJS.ProcessEnv, ours: ServerProcess): Promise<Series[]> {
    const ofMany = await this.ours({
      fixtures: this.many,
      databaseUrl: await this.postgres.url('many'),
    });
    const onPglite = await this.ours({});
    const { one, many } = this;
    const group = 'client_credentials with a secret, ES256';
    return [
      withSecret(
        group,
        'bare',
        'bare node:http: parse, compare, sign',
        await this.peer('bare', env),
        one,
      ),
      withSecret(group, 'ours', 'Countersign on PostgreSQL', ours, one),
      withSecret(group, 'ours-many', `  with ${MANY} clients`, ofMany, many),
      withSecret(group, 'ours-pglite', '  on PGlite', onPglite, one),
      withSecret(group, 'oidc', 'oidc-provider 9.13', await this.peer('oidc', env), one),
      withSecret(group, 'jmondi', '@jmondi/oauth2-server 4.3', await this.peer('jmondi', env), one),
    ];
  }

  /** The same with RS256. */
  private async rsa(env: NodeJS.ProcessEnv): Promise<Series[]> {
    const ours = await this.ours({
      algorithm: 'RS256',
      // The new key of that algorithm is to sign soon.
      environment: { KEY_SET_MAX_AGE: '1', KEY_COOL_DOWN: '1', KEY_LAG: '5' },
      databaseUrl: await this.postgres.url('rsa'),
    });
    const { one } = this;
    const group = 'client_credentials with a secret, RS256';
    return [
      withSecret(group, 'bare-rs', 'bare node:http', await this.peer('bare', env), one),
      withSecret(group, 'ours-rs', 'Countersign on PostgreSQL', ours, one),
      withSecret(group, 'oidc-rs', 'oidc-provider 9.13', await this.peer('oidc', env), one),
      withSecret(
        group,
        'jmondi-rs',
        '@jmondi/oauth2-server 4.3',
        await this.peer('jmondi', env),
        one,
      ),
    ];
  }

  /** client_credentials with private_key_jwt. */
  private async assertions(env: NodeJS.ProcessEnv, ours: ServerProcess): Promise<Series[]> {
    const database = await this.postgres.url('bare');
    const bare = await this.peer('bare-assertions', { ...env, BENCH_DATABASE: database });
    const inMemory = await this.ours({ environment: { REPLAY_STORE: 'memory' } });
    const oidc = await this.peer('oidc', env);
    const { one } = this;
    const group = 'client_credentials with private_key_jwt, ES256';
    const rows = [
      ['pkj-bare', 'bare: verify, insert, sign (PostgreSQL)', bare, '/token', 'http://127.0.0.1'],
      ['pkj-ours', 'Countersign, replay store on PostgreSQL', ours, '/oauth2/token', ours.origin],
      [
        'pkj-memory',
        'Countersign, replay store in memory',
        inMemory,
        '/oauth2/token',
        inMemory.origin,
      ],
      ['pkj-oidc', 'oidc-provider 9.13, in memory', oidc, '/token', 'http://127.0.0.1'],
    ] as const;
    return rows.map(([name, label, server, path, issuer]) => ({
      ...{ group, name, label, server, algorithm: 'ES256' },
      prepare: (count) => withAssertions(path, one, issuer, count),
    }));
  }

  /** RFC 8693, beside client_credentials of the same server. */
  private exchange(server: ServerProcess): Series {
    const path = '/oauth2/token';
    const { one } = this;
    const toCaller = { ...one, audience: one.callerAudience };
    return {
      group: 'token exchange, ES256',
      name: 'exchange',
      algorithm: 'ES256',
      label: 'Countersign on PostgreSQL',
      server,
      prepare: async () => {
        const answer = await server.request(withSecrets(path, toCaller)(0));
        const { access_token } = JSON.parse(answer) as { access_token: string };
        return withSubjectToken(path, one, access_token);
      },
    };
  }

  private async ours(setting: Partial<AuthServerSetting>): Promise<ServerProcess> {
    const { one, program } = this;
    return this.kept(startAuthServer({ fixtures: one, program, ...setting }));
  }

  private peer(name: string, env: NodeJS.ProcessEnv): Promise<ServerProcess> {
    return this.kept(ServerProcess.start(`issuers/${name}`, env));
  }

  private async kept(starting: Promise<ServerProcess>): Promise<ServerProcess> {
    const server = await starting;
    this.cleaners.push(() => server.stop());
    return server;
  }
}
