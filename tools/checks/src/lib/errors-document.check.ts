import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Check } from './check.js';
import { errorsDocument } from './errors-document.js';

/** `docs/errors.md` says what the code says. */
export const errorsDocumentCheck: Check = {
  name: 'docs/errors.md is generated from the code',
  run(root) {
    const path = join(root, 'docs/errors.md');
    const written = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-');
    return squeeze(written) === squeeze(errorsDocument())
      ? []
      : ['docs/errors.md is out of step: run `npx nx run checks:write-docs`'];
  },
};
