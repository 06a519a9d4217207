import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { aToken, createTestIssuer, sendRequest, type TestIssuer } from '@countersign/testing';

import {
  change,
  compile,
  complaints,
  installApplication,
  versionsOf,
  write,
} from './application.js';
import { addedBy, applied, blocksOf, fileOf } from './guide.js';
import { entriesOf, packInto, root, type Packed } from './packages.js';
import { run, start, type Running } from './run.js';

const audience = 'https://census.example/';
const temporary = mkdtempSync(join(tmpdir(), 'countersign-packages-'));
let packages: readonly Packed[];
let issuer: TestIssuer;
let served: Awaited<ReturnType<TestIssuer['serve']>>;

beforeAll(async () => {
  packages = await packInto(temporary);
  issuer = createTestIssuer();
  served = await issuer.serve();
});
afterAll(async () => {
  await served.close();
  rmSync(temporary, { recursive: true, maxRetries: 5 });
});

const targetsOf = ({ manifest }: Packed): readonly string[] =>
  Object.values(manifest.exports ?? {})
    .flatMap((target) => (typeof target === 'string' ? target : Object.values(target)))
    .concat(Object.values(manifest.bin ?? {}))
    .map((path) => path.replace(/^\.\//, ''));

describe('the packages', () => {
  it('are packed with all that their exports lead to, a README and the licence', () => {
    expect(packages.length).toBeGreaterThan(4);
    const licence = readFileSync(join(root, 'LICENSE'), 'utf8');
    for (const one of packages) {
      expect(one.files).toEqual(
        expect.arrayContaining([...targetsOf(one), 'README.md', 'LICENSE']),
      );
      expect(readFileSync(join(one.folder, 'LICENSE'), 'utf8')).toBe(licence);
      expect(one.manifest).toMatchObject({
        license: 'Apache-2.0',
        engines: { node: expect.anything() },
      });
    }
  });

  it('say in their README which versions were tested', () => {
    for (const { manifest, folder } of packages.filter(({ folder }) => folder.includes('/libs/'))) {
      const readme = readFileSync(join(folder, 'README.md'), 'utf8');
      const isNest = manifest.peerDependencies?.['@nestjs/core'] !== undefined;
      const tested = isNest ? ['@nestjs/core', 'typescript'] : ['typescript'];
      for (const name of tested) {
        const [lowest, current] = versionsOf(name, packages);
        expect(readme).toMatch(new RegExp(`${lowest} and ${current}`.replaceAll('.', '\\.')));
      }
    }
  });

  it('hold no tests, and nothing of how they were made', () => {
    const files = packages.flatMap((one) => one.files).filter((file) => !/^templates\//.test(file));
    const others = /^test\/|\.(e2e-)?spec\.|tsbuildinfo$|^tsconfig.*json$|^jest\.config/;
    expect(files.filter((file) => others.test(file))).toEqual([]);
  });

  // Of a source that was moved or removed, dist keeps what was built: remove it, and build again.
  it('hold nothing in dist that was built of sources which are not there', () => {
    for (const { folder, files } of packages) {
      const maps = files.filter((file) => file.endsWith('.map'));
      expect(maps.length).toBeGreaterThan(0);
      const sources = maps.flatMap((map) => sourcesOf(folder, map));
      expect(sources.filter((source) => !files.includes(source))).toEqual([]);
    }
  });
});

const sourcesOf = (folder: string, map: string): readonly string[] => {
  const { sources } = JSON.parse(readFileSync(join(folder, map), 'utf8')) as { sources: string[] };
  return sources.map((source) => join(dirname(map), source));
};

describe.each(['lowest', 'current'] as const)('an application with the %s versions', (age) => {
  const folder = join(temporary, age);
  let running: Running | undefined;

  beforeAll(() => {
    const libraries = packages.filter(({ folder }) => dirname(folder).endsWith('libs'));
    return installApplication(folder, age === 'lowest' ? libraries : packages, age);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  it('is protected by what the guide shows, in six changed lines', async () => {
    const [, file, ...diffs] = blocksOf('protect-a-service.md', 'Six lines');
    if (file === undefined) throw new Error('the guide shows no new file');
    expect(diffs.flatMap((diff) => (diff.language === 'diff' ? addedBy(diff) : []))).toHaveLength(
      6,
    );
    write(
      folder,
      fileOf(file),
      file.lines.join('\n').replace('https://auth.example', issuer.issuer),
    );
    for (const diff of diffs.filter(({ language }) => language === 'diff'))
      change(folder, fileOf(diff), (text) => applied(diff, text));
    await compile(folder);
  });

  it.each(['express', 'fastify'])('lets in on %s who may, and nobody else', async (ADAPTER) => {
    running = await start(folder, 'dist/main.js', { ADAPTER, PORT: '0' });
    const token = aToken().from(issuer).to(audience);
    const ask = async (authorization?: string) => {
      const headers =
        authorization === undefined ? {} : { authorization: `Bearer ${authorization}` };
      const { status, body } = await sendRequest(running?.url ?? '', 'GET', '/user/42', {
        headers,
      });
      return [status, body['code'] ?? body['id']];
    };
    expect(await ask()).toEqual([401, 'TOKEN_MISSING']);
    expect(await ask(token.scopes('users:read').sign())).toEqual([200, '42']);
    expect(await ask(token.sign())).toEqual([403, 'SCOPE_MISSING']);
    expect(await ask(token.to('https://herald.example/').sign())).toEqual([
      401,
      'AUDIENCE_MISMATCH',
    ]);
  });

  it.each(['nodenext', 'bundler'])(
    'finds types that stand alone at every entry, by the rules of %s',
    async (rules) => {
      const entries = packages
        .flatMap(({ manifest }) => entriesOf(manifest))
        .filter(isThere(folder, age));
      const imports = entries.map((entry, at) => `import * as all${at} from '${entry}';`);
      const all = entries.map((_, at) => `all${at}`).join(', ');
      write(folder, 'src/every-entry.ts', `${imports.join('\n')}\nconsole.log(${all});\n`);
      const module = rules === 'bundler' ? 'preserve' : 'nodenext';
      const options = ['--module', module, '--moduleResolution', rules, '--skipLibCheck', 'false'];
      expect(await complaints(folder, '--noEmit', ...options)).toEqual([]);
    },
  );

  it('imports every entry as a module, and by require()', async () => {
    const entries = packages
      .flatMap(({ manifest }) => entriesOf(manifest))
      .filter(isThere(folder, age));
    expect(entries.length).toBeGreaterThan(3);
    for (const load of ['await import', 'require']) {
      const program = `for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(${load}(entry)).length);`;
      const kind = load === 'require' ? 'commonjs' : 'module';
      const said = await run(folder, process.execPath, `--input-type=${kind}`, '--eval', program);
      const counts = said.trim().split('\n').map(Number);
      expect(counts).toHaveLength(entries.length);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }
  });
});

/** Without the optional peers there is what needs none. */
const isThere = (folder: string, age: string) => (entry: string) =>
  age === 'current' ||
  (entry.split('/').length === 2 && existsSync(join(folder, 'node_modules', entry)));

describe('the tools of the packages', () => {
  const folder = join(temporary, 'current');
  const nx = (...args: string[]) =>
    run(folder, process.execPath, 'node_modules/nx/dist/bin/nx.js', ...args);

  it('show how the command line is used', async () => {
    const help = await run(folder, 'npx', '--no-install', 'countersign', '--help');
    expect(help).toContain('Usage: countersign');
  });

  it('make a service in a workspace that has no plugins, which is built and tested', async () => {
    write(folder, 'nx.json', { neverConnectToCloud: true, analytics: false });
    await nx('g', '@countersign/nx:service', 'billing');
    const done = await nx('run-many', '-t', 'typecheck', 'build', 'test', '-p', 'billing');
    expect(done).toContain('Successfully ran targets typecheck, build, test for project billing');
  });

  it('guard an app that is there', async () => {
    const app = join(folder, 'apps/shop');
    cpSync(join(import.meta.dirname, '../fixtures/app'), app, { recursive: true });
    write(app, 'project.json', { name: 'shop' });
    write(app, 'tsconfig.json', {
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist' },
      include: ['src'],
    });
    await nx('g', '@countersign/nx:init', 'shop', `--authServer=${issuer.issuer}`);
    await compile(folder, '-p', 'apps/shop');
    const starting = start(folder, 'apps/shop/dist/main.js', { PORT: '0' });
    await expect(starting).rejects.toThrow('GET /user/:id');
    change(app, 'src/users.controller.ts', (text) =>
      text
        .replace('@Get', `@Authenticated()\n  @Audience('shop')\n  @Get`)
        .concat(`import { Audience, Authenticated } from '@countersign/auth';\n`),
    );
    await compile(folder, '-p', 'apps/shop');
    const running = await start(folder, 'apps/shop/dist/main.js', { PORT: '0' });
    const { status } = await sendRequest(running.url, 'GET', '/user/42');
    await running.stop();
    expect(status).toBe(401);
  });
});
