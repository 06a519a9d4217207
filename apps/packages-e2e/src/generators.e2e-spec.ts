import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { change } from './application.js';
import { copyWorkspace } from './copy-workspace.js';
import { blocksOf } from './guide.js';
import { root } from './packages.js';
import { run } from './run.js';

const guide = 'generate-with-nx.md';
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-generators-')));
const workspace = join(temporary, 'workspace');
afterAll(() => rmSync(temporary, { recursive: true, maxRetries: 5 }));

const textOf = (path: string) => readFileSync(join(workspace, path), 'utf8');
const withoutSpace = (text: string) => text.replace(/\s+/g, '');
const nx = (...args: string[]) =>
  run(workspace, process.execPath, 'node_modules/nx/dist/bin/nx.js', ...args);

/** What a part of the guide says to type, and what it shows of the outcome. */
function shownUnder(heading: string) {
  const [typed, shown] = blocksOf(guide, heading);
  const words = typed?.lines.join(' ').replaceAll('\\', '').trim().split(/\s+/) ?? [];
  if (words.slice(0, 2).join(' ') !== 'npx nx') throw new Error(`${heading} begins otherwise`);
  return { command: words.slice(2), shown: shown?.lines.join('\n') ?? '' };
}

/** What the guide says to put into nx.json. */
function settingsShown(): string {
  const text = readFileSync(join(root, 'docs/guides', guide), 'utf8');
  const [, settings] = /`("generators": .*)`/.exec(text) ?? [];
  if (settings === undefined) throw new Error('the guide shows no settings');
  return settings;
}

describe('the generators, from their sources in a workspace like this one', () => {
  beforeAll(() => {
    copyWorkspace(workspace);
    // What is built of them cannot be what runs.
    rmSync(join(workspace, 'tools/nx/dist'), { recursive: true });
    change(workspace, 'nx.json', (text) => text.replace('{', `{${settingsShown()},`));
  });

  it('change nothing in a dry run', async () => {
    const said = await nx(...shownUnder('A new service').command, '--dry-run');
    expect(said).toContain('CREATE apps/billing/src/main.ts');
    expect(existsSync(join(workspace, 'apps'))).toBe(false);
  });

  it('say what is wrong with a name', async () => {
    const asked = nx('g', '@countersign/nx:service', 'Billing');
    await expect(asked).rejects.toThrow('name: "Billing" is no name');
  });

  it('make what the guide shows', async () => {
    await nx(...shownUnder('A new service').command);
    await nx(...shownUnder('Somebody to trust').command);
    const { command, shown } = shownUnder('A route');
    await nx(...command);
    const route = ['--project=billing', '--method=post', '--authenticated'];
    await nx('g', '@countersign/nx:protected-route', 'invoices', ...route);
    const controller = withoutSpace(textOf('apps/billing/src/invoices.controller.ts'));
    expect(controller).toContain(withoutSpace(shown).replace(/\}$/, ''));
  });

  it('leave nothing to synchronize, to format, to lint, to compile, to build or to test', async () => {
    await nx('sync:check');
    const prettier = join(workspace, 'node_modules/prettier/bin/prettier.cjs');
    await run(workspace, process.execPath, prettier, '--check', 'apps');
    const targets = ['lint', 'typecheck', 'build', 'test'];
    // The libraries are built; their tests are not compiled again.
    const alone = ['-p', 'billing', '--excludeTaskDependencies', '--outputStyle=static'];
    const done = await nx('run-many', '-t', ...targets, ...alone);
    expect(done).toContain(`Successfully ran targets ${targets.join(', ')} for project billing`);
    expect(JSON.parse(textOf('test-results/billing.json'))).toMatchObject({
      numFailedTests: 0,
      numPassedTestSuites: 3,
    });
    await nx('access-map', 'billing');
    const { service, routes } = JSON.parse(textOf('access-maps/billing.json')) as {
      service: string;
      routes: object[];
    };
    expect([service, routes.length]).toEqual(['billing', 3]);
  });
});
