import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { accessErrors } from '@countersign/token';

import type { Check } from './check.js';
import { sourceFiles } from './source-files.js';

/** Every code of a refusal is expected by some test. */
export const errorCodesTestedCheck: Check = {
  name: 'every error code has a test',
  run({ root }) {
    const tests = ['libs', 'apps']
      .flatMap((folder) => [
        ...sourceFiles(root, folder, '.spec.ts'),
        ...sourceFiles(root, folder, '.e2e-spec.ts'),
      ])
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
    return Object.keys(accessErrors)
      .filter((code) => !tests.includes(`'${code}'`))
      .map((code) => `no test expects '${code}'`);
  },
};
