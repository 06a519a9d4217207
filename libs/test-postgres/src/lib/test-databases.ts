import pg from 'pg';

/** The databases that one test made on a server. @internal */
export interface MadeDatabases {
  readonly url: (name: string) => Promise<string>;
  readonly dropAll: () => Promise<void>;
}

/** Makes databases on the server of `serverUrl`; their real names begin with `prefix`. @internal */
export function testDatabases(serverUrl: string, prefix: string): MadeDatabases {
  const made = new Map<string, Promise<string>>();

  const create = async (name: string): Promise<string> => {
    if (!/^[a-z][a-z0-9_]{0,30}$/.test(name)) throw new TypeError('a database name is a-z, 0-9, _');
    // template0 is never in use; the sort order has to be the same on every machine.
    await run(serverUrl, [`create database ${prefix}${name} template template0 lc_collate 'C'`]);
    const url = new URL(serverUrl);
    url.pathname = `/${prefix}${name}`;
    return url.href;
  };

  return {
    url: (name) => {
      const url = made.get(name) ?? create(name);
      made.set(name, url);
      return url;
    },
    dropAll: async () => {
      const names = [...made.keys()];
      made.clear();
      await run(
        serverUrl,
        names.map((name) => `drop database if exists ${prefix}${name} with (force)`),
      );
    },
  };
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
