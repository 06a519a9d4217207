export type {
  Database,
  DatabaseOptions,
  Drizzle,
  Migrations,
  OnNotify,
  Session,
  SqlResult,
} from './lib/database.js';
export { isUnavailable } from './lib/is-unavailable.js';
export { openDatabase } from './lib/open-database.js';
export { withLeader } from './lib/with-leader.js';
export { StorageError, type StorageErrorCode } from './lib/storage-error.js';
