import { withImport } from './with-import.js';

describe('withImport', () => {
  it.each([
    [
      'adds a line behind those of packages',
      `import a from 'a';\nimport { b } from './b.js';\n`,
      `import a from 'a';\nimport { X, Y } from 'x';\nimport { b } from './b.js';\n`,
    ],
    [
      'adds to what is imported from there',
      `import { A } from 'x';\n`,
      `import { A, X, Y } from 'x';\n`,
    ],
    ['adds only what is missing', `import { X } from 'x';\n`, `import { X, Y } from 'x';\n`],
    [
      'leaves alone what is complete',
      `import {\n  Y,\n  X,\n} from 'x';\n`,
      `import {\n  Y,\n  X,\n} from 'x';\n`,
    ],
    [
      'does not take a type for a value',
      `import type { X, Y } from 'x';\n`,
      `import type { X, Y } from 'x';\nimport { X, Y } from 'x';\n`,
    ],
    [
      'sees two imports of one module',
      `import { X } from 'x';\nimport { Y } from 'x';\n`,
      `import { X } from 'x';\nimport { Y } from 'x';\n`,
    ],
    ['goes by the local name', `import { Z as X } from 'x';\n`, `import { Z as X, Y } from 'x';\n`],
    [
      'begins a file',
      `export const one = 1;\n`,
      `import { X, Y } from 'x';\n\nexport const one = 1;\n`,
    ],
    ['fills an empty file', '', `import { X, Y } from 'x';\n\n`],
    [
      'stays behind a comment and a shebang',
      `#!/usr/bin/env node\n/** What. */\nrun();\n`,
      `#!/usr/bin/env node\n/** What. */\nimport { X, Y } from 'x';\n\nrun();\n`,
    ],
    [
      'is not deceived by a text',
      `const text = "import { X, Y } from 'x';";\n`,
      `import { X, Y } from 'x';\n\nconst text = "import { X, Y } from 'x';";\n`,
    ],
  ])('%s', (_, text, expected) => {
    expect(withImport(text, 'x', 'X', 'Y')).toBe(expected);
  });

  it('puts our own files in a group of their own', () => {
    expect(withImport(`import a from 'a';\n`, './x.js', 'X')).toBe(
      `import a from 'a';\n\nimport { X } from './x.js';\n`,
    );
  });
});
