import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { root } from './packages.js';

const rooms = ['libs/token', 'libs/auth', 'libs/testing', 'libs/testing-nest', 'tools/nx'];
const left = new Set(['node_modules', 'out-tsc', 'coverage', 'vectors']);

/**
 * A workspace like this one, with its settings, its libraries as they are built, and none of its apps;
 * what is installed is shared.
 */
export function copyWorkspace(to: string): void {
  mkdirSync(to);
  const settings = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { name } of settings) cpSync(join(root, name), join(to, name));
  const filter = (path: string) => !left.has(basename(path));
  for (const room of rooms) cpSync(join(root, room), join(to, room), { recursive: true, filter });
  shareInstalled(to);
  narrow(to, 'tsconfig.json', (path) => rooms.includes(path.replace('./', '')));
  narrow(to, 'tsconfig.build.json', () => false);
}

function shareInstalled(to: string): void {
  const installed = join(to, 'node_modules');
  mkdirSync(join(installed, '@countersign'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@countersign')
      symlinkSync(join(root, 'node_modules', name), join(installed, name));
  for (const room of rooms)
    symlinkSync(join(to, room), join(installed, '@countersign', basename(room)));
}

interface Solution {
  readonly references: readonly { readonly path: string }[];
}

/** Leaves out of a solution what was not copied. */
function narrow(to: string, file: string, isCopied: (path: string) => boolean): void {
  const solution = JSON.parse(readFileSync(join(to, file), 'utf8')) as Solution;
  const references = solution.references.filter(({ path }) => isCopied(path));
  writeFileSync(join(to, file), JSON.stringify({ ...solution, references }));
}
