import { testDatabases } from './test-databases.js';
import { OwnServer } from './own-server.js';

/** A PostgreSQL for tests. @publicApi */
export interface TestPostgres {
  /**
   * The URL of a database of this name, made empty when it is asked for first. Names are this
   * server's own: two test files that both ask for `registry` do not meet.
   */
  url(database: string): Promise<string>;
  /** Pid of the server; undefined while it is down, and for a server that was given by URL. */
  readonly pid: number | undefined;
  /** Kills the server with SIGKILL, as a crash or a power cut would. Refuses a given server. */
  kill9(): Promise<void>;
  /** Starts the server again, on the same port and the same files. Refuses a given server. */
  restart(): Promise<void>;
  /** Drops the databases or the whole server, with its files. May be called more than once. */
  stop(): Promise<void>;
}

/** How to start one. @publicApi */
export interface StartPostgresOptions {
  /** A server of one's own even when one is given by URL: for tests that kill it. */
  readonly own?: boolean;
  /** Where the folder of a server of one's own is made; with the other temporary files unless told. */
  readonly within?: string;
}

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1, in a temporary folder, from the binaries
 * that npm installed: nothing else of PostgreSQL has to be on the machine, and as root it runs as
 * `nobody`. With `COUNTERSIGN_TEST_PG_URL` (a role that may create databases) that server is used.
 *
 * It does not sync to disk: what it acknowledged survives its own death, not the machine's.
 *
 * @example
 * const postgres = await startPostgres();
 * const database = await openDatabase({ url: await postgres.url('people') });
 * await database.close();
 * await postgres.stop();
 * @publicApi
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<TestPostgres> {
  const given = process.env['COUNTERSIGN_TEST_PG_URL'];
  return given !== undefined && given !== '' && options.own !== true
    ? useGiven(given)
    : startOwn(options.within);
}

async function startOwn(within?: string): Promise<TestPostgres> {
  const server = await OwnServer.start(within);
  const databases = testDatabases(server.url, '');
  return {
    url: databases.url,
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}

function useGiven(url: string): TestPostgres {
  const unique = Math.random().toString(36).slice(2, 10);
  const databases = testDatabases(url, `countersign_test_${unique}_`);
  const refuse = () =>
    Promise.reject(new TypeError('a given server is not ours to stop: ask for { own: true }'));
  return {
    url: databases.url,
    pid: undefined,
    kill9: refuse,
    restart: refuse,
    stop: databases.dropAll,
  };
}
