import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { versions } from './versions.js';

describe('versions', () => {
  it.each(Object.entries(versions))(
    '%s %s is what generated code is tried with',
    (name, version) => {
      const path = join(import.meta.dirname, '../../../../node_modules', name, 'package.json');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('version', version);
    },
  );
});
