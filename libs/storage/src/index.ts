export type {
  Database,
  DatabaseOptions,
  Drizzle,
  Migrations,
  Session,
  SqlResult,
} from './lib/database.js';
export { openDatabase } from './lib/open-database.js';
export { StorageError, type StorageErrorCode } from './lib/storage-error.js';
