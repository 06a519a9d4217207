import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The migrations of the audit log: list them in `DatabaseModule.forRoot`. */
export const auditMigrations: Migrations = {
  owner: 'audit',
  folder: fileURLToPath(new URL('../../migrations/audit', import.meta.url)),
};
