import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { accessErrors } from '@countersign/token';

import type { Check } from './check.js';
import { envExampleCheck } from './env-example.check.js';
import { errorCodesTestedCheck } from './error-codes-tested.check.js';
import { errorsDocumentCheck } from './errors-document.check.js';
import { errorsDocument } from './errors-document.js';
import { readmeLengthCheck } from './readme-length.check.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'checks-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes a small tree and runs one check over it. */
function run(check: Check, files: Record<string, string>): readonly string[] {
  for (const folder of ['libs', 'libs/runtime', 'apps'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return check.run(root);
}

describe('errorsDocument', () => {
  it('has a row for every code, with its status', () => {
    const document = errorsDocument();
    for (const [code, { status }] of Object.entries(accessErrors))
      expect(document).toContain(`| \`${code}\` | ${status} |`);
  });
});

describe('errorsDocumentCheck', () => {
  it('passes a document in step, however its table is padded', () => {
    const padded = errorsDocument().replaceAll(' | ', '   | ').replaceAll('---', '------');
    expect(run(errorsDocumentCheck, { 'docs/errors.md': padded })).toEqual([]);
  });

  it.each([
    ['missing', {}],
    ['out of step', { 'docs/errors.md': errorsDocument().replace('401', '403') }],
  ])('reports a document that is %s', (_, files) => {
    expect(run(errorsDocumentCheck, files)).toHaveLength(1);
  });
});

describe('errorCodesTestedCheck', () => {
  const codes = Object.keys(accessErrors);
  const expectations = (names: readonly string[]) => names.map((name) => `'${name}'`).join('\n');

  it('passes when some test names each code', () => {
    expect(run(errorCodesTestedCheck, { 'libs/a/src/a.spec.ts': expectations(codes) })).toEqual([]);
  });

  it('names the code that no test expects, whatever the sources say', () => {
    const [first = '', ...others] = codes;
    const files = {
      'libs/a/test/a.e2e-spec.ts': expectations(others),
      'libs/a/src/a.ts': expectations([first]),
      'libs/a/node_modules/b/b.spec.ts': expectations([first]),
    };
    expect(run(errorCodesTestedCheck, files)).toEqual([`no test expects '${first}'`]);
  });
});

describe('envExampleCheck', () => {
  const config = 'const schema = z.object({\n  PORT: port,\n  DATA_DIR: z.string(),\n});\n';

  it('passes when both name the same variables, commented out or not', () => {
    const files = { 'apps/a/src/config.ts': config, '.env.example': 'PORT=1\n# DATA_DIR=x\n' };
    expect(run(envExampleCheck, files)).toEqual([]);
  });

  it('names what one side lacks', () => {
    const files = { 'apps/a/src/config.ts': config, '.env.example': 'PORT=1\nOLD=1\n' };
    expect(run(envExampleCheck, files)).toEqual([
      '.env.example lacks DATA_DIR',
      '.env.example shows OLD, which nothing reads',
    ]);
  });
});

describe('readmeLengthCheck', () => {
  it.each([
    [150, 0],
    [151, 1],
  ])('of %i lines finds %i problems', (lines, problems) => {
    const files = { 'README.md': 'line\n'.repeat(lines) };
    expect(run(readmeLengthCheck, files)).toHaveLength(problems);
  });
});
