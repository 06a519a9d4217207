import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { workspaceRoot } from '@countersign/fleet';

import { copiesOf, readDockerfile, textsOf, type Stage } from './read-dockerfile.js';

const run = promisify(execFile);

/**
 * Does in a folder what the Dockerfiles of these apps do in theirs: copies what they copy, and installs
 * as they install; once for all of them, since most of it is the same.
 */
export async function buildProductionShape(root: string, apps: readonly string[]): Promise<void> {
  const stages = apps.map((app) =>
    readDockerfile(app).find(({ name }) => name === 'production'),
  ) as Stage[];
  for (const { from, sources, target } of stages.flatMap(copiesOf))
    for (const source of sources) {
      const path = from === 'build' ? source.replace('/src/', '') : source;
      const to = join(root, target, target.endsWith('/') ? basename(path) : '');
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(workspaceRoot, path), to, { recursive: true });
    }
  const [install = ''] = textsOf(stages[0] as Stage, 'RUN');
  const [, ...words] = install.replace(/--mount=\S+\s+/, '').split(/\s+/);
  const others = apps.slice(1).map((app) => `--workspace=apps/${app}`);
  await run('npm', [...words, ...others, '--prefer-offline'], { cwd: root });
}

/**
 * A module for `node --import` that resolves these names to this machine, as the network of compose
 * does to its containers.
 */
export function hostsModule(path: string, names: readonly string[]): string {
  writeFileSync(
    path,
    `import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
const names = new Set(${JSON.stringify(names)});
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(names.has(name) ? '127.0.0.1' : name, ...rest);
syncBuiltinESMExports();
`,
  );
  return path;
}
