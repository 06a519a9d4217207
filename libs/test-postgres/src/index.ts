export { startPostgres } from './lib/start-postgres.js';
export type { StartPostgresOptions, TestPostgres } from './lib/start-postgres.js';
export { testEngines } from './lib/test-engines.js';
export type { TestDatabases, TestEngine } from './lib/test-engines.js';
