export { startPostgres } from './lib/start-postgres.js';
export type { StartPostgresOptions, TestPostgres } from './lib/start-postgres.js';
