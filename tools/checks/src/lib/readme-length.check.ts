import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Check } from './check.js';

const MAX_LINES = 150;

/** The README stays an index, not the manual. */
export const readmeLengthCheck: Check = {
  name: `README.md has at most ${MAX_LINES} lines`,
  run({ root }) {
    const lines = readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n').length;
    return lines > MAX_LINES ? [`README.md has ${lines} lines`] : [];
  },
};
