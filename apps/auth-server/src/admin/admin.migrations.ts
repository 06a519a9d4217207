import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The migrations of the bootstrap: list them in `DatabaseModule.forRoot`. */
export const adminMigrations: Migrations = {
  owner: 'admin',
  folder: fileURLToPath(new URL('../../migrations/admin', import.meta.url)),
};
