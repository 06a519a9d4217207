import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The migrations of `VersionsModule`: list them in `DatabaseModule.forRoot`. @publicApi */
export const versionsMigrations: Migrations = {
  owner: 'versions',
  folder: fileURLToPath(new URL('../../../migrations/versions', import.meta.url)),
};
