import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';

/** The migrations of what the login engine keeps. */
export const peopleMigrations: Migrations = {
  owner: 'people',
  folder: fileURLToPath(new URL('../../migrations/people', import.meta.url)),
};

/** The migrations of people's accounts. */
export const accountsMigrations: Migrations = {
  owner: 'accounts',
  folder: fileURLToPath(new URL('../../migrations/accounts', import.meta.url)),
};
