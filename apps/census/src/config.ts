/** The only reader of `process.env` in Census. */
import { baseConfig, issuerUrl, listenOn, publicUrl, readConfig } from '@countersign/runtime';
import { z } from 'zod';

const schema = baseConfig.extend({
  ...listenOn(4002),
  DATA_DIR: z.string().default('.countersign/census'),
  AUTH_SERVER_URL: issuerUrl.default('http://127.0.0.1:4000'),
  /** Herald, which calls with tokens of its own. */
  HERALD_URL: publicUrl.default('http://127.0.0.1:4001/'),
  /** Users to write at every start. */
  USERS_FILE: z.string().optional(),
});

/** What Census is configured with. */
export type Config = Readonly<z.output<typeof schema>>;

/**
 * Reads the configuration.
 * @throws ConfigError naming every wrong variable.
 */
export const loadConfig = (env = process.env): Config => readConfig(schema, env);
