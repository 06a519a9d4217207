import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The migrations of the revocations: list them in `DatabaseModule.forRoot`. */
export const statusMigrations: Migrations = {
  owner: 'status',
  folder: fileURLToPath(new URL('../../migrations/status', import.meta.url)),
};
