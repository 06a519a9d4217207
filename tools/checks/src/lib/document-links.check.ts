import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Check } from './check.js';
import { sourceFiles } from './source-files.js';

const code = /```.*?```|`[^`\n]*`/gs;
const links = /\]\(([^()\s]+)\)/g;
const elsewhere = /^([a-z]+:|#)/;

/** Every link from one of our documents to a file leads to a file. */
export const documentLinksCheck: Check = {
  name: 'every link between documents leads somewhere',
  run: ({ root }) =>
    sourceFiles(root, '.', '.md').flatMap((document) => {
      const text = readFileSync(join(root, document), 'utf8').replace(code, '');
      return [...text.matchAll(links)]
        .map(([, target = '']) => target)
        .filter((target) => !elsewhere.test(target))
        .filter((target) => !leadsSomewhere(join(root, dirname(document)), target))
        .map((target) => `${document}: ${target} does not exist`);
    }),
};

function leadsSomewhere(folder: string, target: string): boolean {
  const [path = ''] = target.split('#');
  return existsSync(join(folder, decodeURIComponent(path)));
}
