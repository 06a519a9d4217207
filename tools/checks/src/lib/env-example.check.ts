import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Check } from './check.js';

const EXAMPLE = /^#?\s?([A-Z][A-Z0-9_]+)=/gm;

/** `.env.example` names every variable some app's schema reads, and no other. */
export const envExampleCheck: Check = {
  name: '.env.example and the configuration schemas name the same variables',
  run({ root, configurations }) {
    const read = new Set(
      configurations.flatMap(({ variables }) => variables.map(({ name }) => name)),
    );
    const text = readFileSync(join(root, '.env.example'), 'utf8');
    const shown = new Set([...text.matchAll(EXAMPLE)].map(([, name = '']) => name));
    return [
      ...[...read].filter((name) => !shown.has(name)).map((name) => `.env.example lacks ${name}`),
      ...[...shown]
        .filter((name) => !read.has(name))
        .map((name) => `.env.example shows ${name}, which nothing reads`),
    ];
  },
};
