import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The table of `databaseReplay`: list it in `DatabaseModule.forRoot`. @publicApi */
export const replayMigrations: Migrations = {
  owner: 'replay',
  folder: fileURLToPath(new URL('../../../migrations/replay', import.meta.url)),
};
