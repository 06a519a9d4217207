import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { accessErrors } from '@countersign/token';

import type { Check } from './check.js';
import { sourceFiles } from './source-files.js';

const comments = /\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs;
/** A test that makes a refusal for a guard or filter to answer does not show that anything refuses. */
const constructions = /AccessError\(\s*'[A-Z_]+'/g;
const declaration = join('libs', 'token', 'src', 'lib', 'errors.ts');

const isTest = (path: string) => /\.(e2e-)?spec\.ts$/.test(path);

/** All of these files as one text, without what `ignored` matches. */
function textOf(root: string, isMeant: (path: string) => boolean, ignored: readonly RegExp[]) {
  return ['libs', 'apps']
    .flatMap((folder) => sourceFiles(root, folder, '.ts'))
    .filter(isMeant)
    .map((path) =>
      ignored.reduce(
        (text, what) => text.replace(what, ''),
        readFileSync(join(root, path), 'utf8'),
      ),
    )
    .join('\n');
}

const missingIn = (text: string) =>
  Object.keys(accessErrors).filter((code) => !text.includes(`'${code}'`));

/** Every code of a refusal is expected by some test. */
export const errorCodesTestedCheck: Check = {
  name: 'every error code has a test',
  run: ({ root }) =>
    missingIn(textOf(root, isTest, [comments, constructions])).map(
      (code) => `no test expects '${code}'`,
    ),
};

/** Every code of a refusal is given by something: what is documented can happen. */
export const errorCodesGivenCheck: Check = {
  name: 'every error code is given by something',
  run({ root }) {
    const isProduct = (path: string) =>
      !isTest(path) && path !== declaration && !path.startsWith(join('libs', 'testing'));
    return missingIn(textOf(root, isProduct, [comments])).map(
      (code) => `nothing refuses with '${code}'`,
    );
  },
};
