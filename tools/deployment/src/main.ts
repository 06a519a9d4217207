import { join } from 'node:path';

import { prepareSecrets } from './lib/prepare-secrets.js';

const folder = join(import.meta.dirname, '../../../deploy/secrets');
const written = prepareSecrets(folder);
console.log(
  written.length > 0
    ? `${written.length} files written to deploy/secrets; certificates hold for 90 days`
    : 'deploy/secrets is complete; remove it to begin anew',
);
