import { startPostgres } from './start-postgres.js';

/** Where the databases of a test come from. @publicApi */
export interface TestEngine {
  readonly engine: 'PGlite' | 'PostgreSQL';
  readonly start: () => Promise<TestDatabases>;
}

/** A running engine. @publicApi */
export interface TestDatabases {
  /** URL of a new database of this name; undefined where it lives in memory. */
  url(database: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Both engines, for suites that hold on either.
 *
 * @example
 * describe.each(testEngines)('people on $engine', ({ start }) => {
 *   let databases: TestDatabases;
 *   beforeAll(async () => (databases = await start()), 60_000);
 *   afterAll(() => databases.stop());
 *   it('opens', async () => openDatabase({ url: await databases.url('people') }));
 * });
 * @publicApi
 */
export const testEngines: readonly TestEngine[] = [
  {
    engine: 'PGlite',
    start: async () => ({ url: async () => undefined, stop: async () => undefined }),
  },
  { engine: 'PostgreSQL', start: () => startPostgres() },
];
