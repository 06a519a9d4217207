import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { prepareSecrets } from '@countersign/deployment';
import { workspaceRoot } from '@countersign/fleet';

import { readCompose } from './read-compose.js';
import { copiesOf, environmentOf, readDockerfile, textsOf, type Stage } from './read-dockerfile.js';

const apps = ['auth-server', 'census', 'herald'] as const;
const inWorkspace = (path: string): boolean => existsSync(join(workspaceRoot, path));
const pinned = /^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)*$/;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8')) as Manifest;

/** Folders of ours that an app needs when it runs, itself included. */
function neededBy(folder: string): ReadonlySet<string> {
  const ours = Object.keys(manifestOf(folder).dependencies ?? {})
    .filter((name) => name.startsWith('@countersign/'))
    .map((name) => name.replace('@countersign/', 'libs/'));
  return new Set([folder, ...ours.flatMap((other) => [...neededBy(other)])]);
}

/** The variables that an app reads, from the list that is generated from its schema. */
function variablesOf(app: string): ReadonlySet<string> {
  const sections = readFileSync(join(workspaceRoot, '.env.example'), 'utf8').split('# --- ');
  const own = sections.filter(
    (text) => text.startsWith('every app ') || text.startsWith(`${app} `),
  );
  expect(own).toHaveLength(2);
  return new Set(
    [...own.join('\n').matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name),
  );
}

describe.each(apps)('the Dockerfile of %s', (app) => {
  const stages = readDockerfile(app);
  const stage = (name: string): Stage => stages.find((each) => each.name === name) as Stage;
  const [last] = stages.slice(-1) as [Stage];

  it('builds on a pinned image of a Node that the workspace supports', () => {
    const [argument = ''] = textsOf(stages[0] as Stage, 'ARG');
    const image = argument.replace('NODE_IMAGE=', '');
    expect(image).toMatch(pinned);
    expect(image).toMatch(/^node:22\.(1[2-9]|[2-9]\d)\.\d+-/);
    const bases = stages.slice(1).map((each) => textsOf(each, 'FROM')[0]?.split(' ')[0]);
    expect(new Set(bases)).toEqual(new Set(['${NODE_IMAGE}']));
  });

  it('copies what is there, and everything of ours that the app needs, and no more', () => {
    const copies = copiesOf(stage('production'));
    const paths = copies.flatMap(({ from, sources }) =>
      sources.map((path) => (from === 'build' ? path.replace('/src/', '') : path)),
    );
    expect(paths.filter((path) => !inWorkspace(path))).toEqual([]);
    const needed = [...neededBy(`apps/${app}`)].flatMap((folder) =>
      ['package.json', 'dist', 'migrations'].map((part) => `${folder}/${part}`).filter(inWorkspace),
    );
    expect(paths.sort()).toEqual([...needed, 'package.json', 'package-lock.json'].sort());
  });

  it('leaves tools of development out, and runs no script of a package', () => {
    const [install = ''] = textsOf(stage('production'), 'RUN');
    expect(install).toContain('npm ci --omit=dev --ignore-scripts');
    expect(copiesOf(last)).toEqual([{ from: 'production', sources: ['/app'], target: './' }]);
  });

  it('runs node itself, as a numbered user who is not root', () => {
    expect(textsOf(last, 'USER')).toEqual(['1000:1000']);
    const command = JSON.parse(textsOf(last, 'CMD')[0] ?? '') as string[];
    expect(command).toEqual(['node', '--enable-source-maps', `apps/${app}/dist/main.js`]);
    expect(inWorkspace(command.at(-1) ?? '')).toBe(true);
    expect(textsOf(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    const names = last.instructions.map(({ name }) => name);
    expect(names.indexOf('USER')).toBeLessThan(names.indexOf('CMD'));
  });

  it('is asked for its health by Node', () => {
    const [check = ''] = textsOf(last, 'HEALTHCHECK');
    const [, program = ''] = /CMD \["node", "([^"]+)"\]$/.exec(check) ?? [];
    expect(inWorkspace(program)).toBe(true);
  });

  it('exposes the port that it listens on by default, and sets known variables only', () => {
    const { PORT, NODE_ENV, ...rest } = environmentOf(last);
    expect(NODE_ENV).toBe('production');
    expect(textsOf(last, 'EXPOSE')).toEqual([PORT]);
    const variables = variablesOf(app);
    expect(Object.keys({ PORT, ...rest }).filter((name) => !variables.has(name))).toEqual([]);
    const configuration = readFileSync(join(workspaceRoot, `apps/${app}/src/config.ts`), 'utf8');
    expect(configuration).toContain(`listenOn(${PORT})`);
  });

  it('holds no secret, no unpinned source and no other user', () => {
    const all = stages.flatMap(({ instructions }) => instructions);
    expect(all.filter(({ name }) => name === 'ADD')).toEqual([]);
    const named = all.filter(({ name }) => name === 'ARG' || name === 'ENV');
    expect(named.filter(({ text }) => /secret|password|token|_key/i.test(text))).toEqual([]);
    expect(all.filter(({ text }) => /sudo|curl|wget|:latest/.test(text))).toEqual([]);
  });

  it('differs from the others in its app only', () => {
    const neutral = (of: string): string =>
      readFileSync(join(workspaceRoot, 'apps', of, 'Dockerfile'), 'utf8')
        .replaceAll(of, 'APP')
        .replaceAll(/400\d/g, 'PORT')
        .replace(/description="[^"]*"/, 'description=""');
    expect(neutral(app)).toBe(neutral(apps[0]));
  });
});

describe('what is sent to the builder', () => {
  it('is listed, and holds no build, no test, no environment and no data', () => {
    const lines = readFileSync(join(workspaceRoot, '.dockerignore'), 'utf8').split('\n');
    expect(lines.find((line) => !line.startsWith('#'))).toBe('*');
    expect(lines).toEqual(
      expect.arrayContaining(['**/node_modules', '**/dist', '**/.env*', '**/.countersign']),
    );
    const listed = lines.filter((line) => line.startsWith('!') && !line.includes('tsconfig'));
    expect(listed.filter((line) => !inWorkspace(line.slice(1)))).toEqual([]);
  });
});

describe('compose.yaml', () => {
  const compose = readCompose();
  const services = Object.entries(compose.services);
  const ours = services.filter(([name]) => (apps as readonly string[]).includes(name));

  it('runs the three apps, a database and a mailbox', () => {
    expect(Object.keys(compose.services).sort()).toEqual([...apps, 'mail', 'postgres'].sort());
  });

  it.each(services)('%s: is pinned, bounded, without privileges and watched', (name, service) => {
    expect(service.image).toMatch(pinned);
    expect(service).toMatchObject({
      restart: 'unless-stopped',
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number) as number,
      mem_limit: expect.any(String) as string,
      cpus: expect.any(Number) as number,
      stop_grace_period: expect.any(String) as string,
      logging: { options: { 'max-size': '10m', 'max-file': '5' } },
    });
    if (name !== 'postgres') expect(service['read_only']).toBe(true);
    const isBuilt = service.build !== undefined;
    expect(service.healthcheck !== undefined).toBe(!isBuilt);
  });

  it.each(services)('%s: names only what is defined', (_, service) => {
    const volumes = (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    const mounted = volumes.filter((volume) => volume.startsWith('.'));
    expect(mounted.filter((path) => !inWorkspace(path))).toEqual([]);
    const missing = [
      ...(service.secrets ?? []).filter((name) => !compose.secrets[name]),
      ...(service.configs ?? []).filter(({ source }) => !compose.configs[source]),
      ...service.networks.filter((name) => !compose.networks[name]),
      ...volumes.filter((name) => !name.startsWith('.') && !compose.volumes[name]),
      ...Object.keys(service.depends_on ?? {}).filter((name) => !compose.services[name]),
    ];
    expect(missing).toEqual([]);
    for (const { condition } of Object.values(service.depends_on ?? {}))
      expect(condition).toBe('service_healthy');
  });

  it.each(services)(
    '%s: reads from /run/secrets what is mounted there, and all of it',
    (name, service) => {
      const read = Object.values(service.environment ?? {})
        .filter((value) => value.startsWith('/run/secrets/'))
        .map((value) => value.replace('/run/secrets/', ''));
      const byScript = name === 'postgres' ? apps.map((app) => `${app}-database-password`) : [];
      expect([...(service.secrets ?? [])].sort()).toEqual([...read, ...byScript].sort());
    },
  );

  it.each(services)('%s: is published on this machine only', (_, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  });

  it.each(ours)('%s: is built of its Dockerfile, and published at its port', (app, service) => {
    expect(service.build).toEqual({ context: '.', dockerfile: `apps/${app}/Dockerfile` });
    const { PORT } = environmentOf(readDockerfile(app).at(-1) as Stage);
    expect(service.ports).toEqual([`127.0.0.1:${PORT}:${PORT}`]);
    expect(service.environment?.['PUBLIC_URL']).toBe(`https://${app}:${PORT}/`);
  });

  it.each(ours)('%s: sets variables that it reads, and secrets by files only', (app, service) => {
    const variables = variablesOf(app);
    const isKnown = (name: string): boolean =>
      variables.has(name) || (name.endsWith('_FILE') && variables.has(name.slice(0, -5)));
    const names = Object.keys(service.environment ?? {});
    const ofNode = ['NODE_EXTRA_CA_CERTS'];
    expect(names.filter((name) => !isKnown(name) && !ofNode.includes(name))).toEqual([]);
    expect(names.filter((name) => /KEY$|PASSWORD|SECRET|^DATABASE_URL$/.test(name))).toEqual([]);
  });

  it('gives the database to those who have one, and the way out to nobody but by a published port', () => {
    const on = (network: string): string[] =>
      services.filter(([, { networks }]) => networks.includes(network)).map(([name]) => name);
    expect(on('database').sort()).toEqual([...apps, 'postgres'].sort());
    expect(on('mail').sort()).toEqual(['herald', 'mail']);
    expect(on('edge').sort()).toEqual([...apps].sort());
    expect(on('mailbox')).toEqual(['mail']);
    const { edge, mailbox, ...inner } = compose.networks;
    expect([edge, mailbox]).toEqual([{}, {}]);
    for (const network of Object.values(inner)) expect(network.internal).toBe(true);
  });

  it('mounts what deployment:prepare makes, and nothing is made for nobody', () => {
    const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
    try {
      prepareSecrets(folder);
      const made = readdirSync(folder).map((name) => `./deploy/secrets/${name}`);
      const mounted = Object.values(compose.secrets).map(({ file }) => file);
      expect(mounted.sort()).toEqual(made.sort());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('starts with a registry of the very audiences that its services have', () => {
    const file = readFileSync(join(workspaceRoot, compose.configs['registry']?.file ?? ''), 'utf8');
    const { services: registered } = JSON.parse(file) as {
      services: { name: string; audience: string }[];
    };
    for (const { name, audience } of registered)
      expect(compose.services[name]?.environment?.['PUBLIC_URL']).toBe(audience);
  });

  it('runs an executable script for the databases', () => {
    expect(statSync(join(workspaceRoot, 'deploy/create-databases.sh')).mode & 0o111).toBe(0o111);
  });
});
