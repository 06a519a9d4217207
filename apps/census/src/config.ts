/** The only reader of `process.env` in Census. */
import {
  authServerUrl,
  baseConfig,
  dataDir,
  listenOn,
  publicUrl,
  readConfig,
} from '@countersign/runtime';
import { z } from 'zod';

/** Every variable this app reads; `docs/configuration.md` is made from it. */
export const configSchema = baseConfig.extend({
  ...listenOn(4002),
  DATA_DIR: dataDir('.countersign/census'),
  AUTH_SERVER_URL: authServerUrl,
  HERALD_URL: publicUrl
    .default('http://127.0.0.1:4001/')
    .describe('Herald, which calls with tokens of its own.'),
  USERS_FILE: z.string().optional().describe('Users to write at every start.'),
});

/** What Census is configured with. */
export type Config = Readonly<z.output<typeof configSchema>>;

/**
 * Reads the configuration.
 * @throws ConfigError naming every wrong variable.
 */
export const loadConfig = (env = process.env): Config => readConfig(configSchema, env);
