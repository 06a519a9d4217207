import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Check } from './check.js';
import { sourceFiles } from './source-files.js';

const VARIABLE = /^\s{2,}([A-Z][A-Z0-9_]+):/gm;
const EXAMPLE = /^#?\s?([A-Z][A-Z0-9_]+)=/gm;

const names = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

/** `.env.example` names every variable some app's config reads, and no other. */
export const envExampleCheck: Check = {
  name: '.env.example and the configuration schemas name the same variables',
  run(root) {
    const configs = ['apps', 'libs/runtime'].flatMap((folder) =>
      sourceFiles(root, folder, 'config.ts'),
    );
    const read = new Set(
      configs.flatMap((path) => names(readFileSync(join(root, path), 'utf8'), VARIABLE)),
    );
    const shown = new Set(names(readFileSync(join(root, '.env.example'), 'utf8'), EXAMPLE));
    return [
      ...[...read].filter((name) => !shown.has(name)).map((name) => `.env.example lacks ${name}`),
      ...[...shown]
        .filter((name) => !read.has(name))
        .map((name) => `.env.example shows ${name}, which nothing reads`),
    ];
  },
};
