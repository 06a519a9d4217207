import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { accessErrors } from '@countersign/token';
import { z } from 'zod';

import type { Check } from './check.js';
import { configurationDocument } from './configuration-document.js';
import { variablesOf, type Configuration } from './configurations.js';
import { envExample } from './env-example.js';
import { documentLinksCheck } from './document-links.check.js';
import { errorCodesGivenCheck, errorCodesTestedCheck } from './error-codes.check.js';
import { describedVariablesCheck } from './described-variables.check.js';
import { errorsDocument } from './errors-document.js';
import { accessMapDocument, fleetMapCheck } from './fleet-map.js';
import { documentCheck } from './generated-document.js';
import { readmeLengthCheck } from './readme-length.check.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'checks-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const fleetMap = { markdown: 'drawn', findings: ['scope-nobody-holds: census users:read'] };

/** Writes a small tree and runs one check over it. */
function run(
  check: Check,
  files: Record<string, string>,
  configurations: readonly Configuration[] = [],
): readonly string[] {
  for (const folder of ['libs', 'libs/runtime', 'apps'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return check.run({ root, configurations, fleetMap });
}

describe('errorsDocument', () => {
  it('has a row for every code, with its status', () => {
    const document = errorsDocument();
    for (const [code, { status }] of Object.entries(accessErrors))
      expect(document).toContain(`| \`${code}\` | ${status} |`);
  });
});

const errors = { path: 'docs/errors.md', text: errorsDocument };

describe('documentCheck', () => {
  it('passes a document in step, however its table is padded', () => {
    const padded = errorsDocument().replaceAll(' | ', '   | ').replaceAll('---', '------');
    expect(run(documentCheck(errors), { 'docs/errors.md': padded })).toEqual([]);
  });

  it.each([
    ['missing', {}],
    ['out of step', { 'docs/errors.md': errorsDocument().replace('401', '403') }],
  ])('reports a document that is %s', (_, files) => {
    expect(run(documentCheck(errors), files)).toHaveLength(1);
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

  it.each([
    ['a comment', (code: string) => `// '${code}'\n/* '${code}' */`],
    ['a refusal that a test makes itself', (code: string) => `new AccessError('${code}')`],
    ['one over two lines', (code: string) => `new AccessError(\n  '${code}', { detail })`],
  ])('does not take %s for an expectation', (_, write) => {
    const [first = '', ...others] = codes;
    const files = {
      'libs/a/src/a.spec.ts': expectations(others),
      'libs/a/src/b.spec.ts': write(first),
    };
    expect(run(errorCodesTestedCheck, files)).toEqual([`no test expects '${first}'`]);
  });
});

describe('errorCodesGivenCheck', () => {
  const codes = Object.keys(accessErrors);

  it('names the code that is declared, tested and written about, and never given', () => {
    const [first = '', ...others] = codes;
    const files = {
      'libs/a/src/a.ts': others.map((code) => `refuse('${code}')`).join('\n'),
      'libs/a/src/b.ts': `// '${first}'`,
      'libs/a/src/a.spec.ts': `'${first}'`,
      'libs/testing/src/a.ts': `'${first}'`,
      'libs/token/src/lib/errors.ts': `'${first}'`,
    };
    expect(run(errorCodesGivenCheck, files)).toEqual([`nothing refuses with '${first}'`]);
  });
});

describe('variablesOf', () => {
  it('reads names, defaults, bounds and choices, through transforms', () => {
    const schema = z
      .object({
        PORT: z.coerce.number().min(0).max(65_535).default(4000).describe('Where it listens.'),
        FROM: z
          .string()
          .transform((text) => text.length)
          .prefault('a@b.test')
          .describe('Who sends.'),
        LEVEL: z.enum(['info', 'debug']).optional(),
      })
      .transform(({ PORT, ...rest }) => ({ ...rest, port: PORT }));
    expect(variablesOf(schema)).toEqual([
      {
        name: 'PORT',
        description: 'Where it listens.',
        byDefault: '4000',
        limits: 'from 0 to 65535',
      },
      { name: 'FROM', description: 'Who sends.', byDefault: 'a@b.test', limits: '' },
      { name: 'LEVEL', description: '', byDefault: undefined, limits: 'info, debug' },
    ]);
  });
});

const variable = (name: string, byDefault?: string, description = 'What it is.') => ({
  name,
  description,
  byDefault,
  limits: '',
});
const two = [
  { app: 'a', variables: [variable('PORT', '1'), variable('LEVEL', 'info')] },
  { app: 'b', variables: [variable('PORT', '2'), variable('LEVEL', 'info'), variable('URL')] },
];

describe('configurationDocument', () => {
  it('says once what all apps share, with the default of each where they differ', () => {
    const [, every, a, b] = configurationDocument(two).split('\n## ');
    expect(every).toContain('| `PORT` | a: `1`<br>b: `2` | What it is. |');
    expect(every).toContain('| `LEVEL` | `info` | What it is. |');
    expect(a).not.toContain('PORT');
    expect(b).toContain('| `URL` |  | What it is. |');
  });
});

describe('envExample', () => {
  it('sets what has a default, in quotes where a shell needs them, and shows the rest', () => {
    const spaced = { ...variable('FROM', 'A <a@b.test>'), limits: 'to 5' };
    const text = envExample([{ app: 'a', variables: [spaced, variable('URL')] }]);
    expect(text).toContain('# What it is. (to 5)\nFROM="A <a@b.test>"\n');
    expect(text).toContain('# What it is.\n# URL=\n');
  });

  it('says once what all apps share, with the default of each where they differ', () => {
    const text = envExample(two);
    expect(text).toContain('# By default: a 1, b 2\nPORT=1\n');
    expect(text.match(/^PORT=/gm)).toHaveLength(1);
    expect(text.indexOf('--- b')).toBeLessThan(text.indexOf('# URL='));
  });
});

describe('describedVariablesCheck', () => {
  it('names the variable that nobody described', () => {
    const configurations = [{ app: 'a', variables: [variable('PORT'), variable('URL', '1', '')] }];
    expect(run(describedVariablesCheck, {}, configurations)).toEqual([
      'apps/a/src/config.ts: URL has no .describe()',
    ]);
  });
});

describe('documentLinksCheck', () => {
  it('names the link that leads nowhere, and leaves the others and code alone', () => {
    const files = {
      'docs/a.md': '[b](../README.md#part) [c](c.md) [d](https://example.org/x.md) [e](#here)',
      'README.md': '[a](docs/a.md)\n```\n[f](f.md)\n```\n`[g](g.md)` [folder](docs)',
      'node_modules/x/README.md': '[h](h.md)',
    };
    expect(run(documentLinksCheck, files)).toEqual(['docs/a.md: c.md does not exist']);
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

describe('fleetMapCheck', () => {
  it('reports what countersign map --check finds', () => {
    expect(run(fleetMapCheck, {})).toEqual(fleetMap.findings);
    expect(accessMapDocument(fleetMap)).toMatch(/^# The access map of our own fleet\n[^]*\ndrawn$/);
  });
});
