import { baseConfig, dataDir, listenOn, readConfig, type Environment } from '@countersign/runtime';
import { z } from 'zod';

/** Every variable this app reads; `docs/configuration.md` is made from it. */
export const configSchema = baseConfig.extend({
  ...listenOn(4000),
  DATA_DIR: dataDir('.countersign/auth-server'),
  REGISTRY_FILE: z
    .string()
    .optional()
    .describe('Services, clients and grants, applied at every start.'),
  ACCESS_TOKEN_LIFETIME: z.coerce
    .number('must be whole seconds')
    .int('must be whole seconds')
    .min(1, 'must be at least 1')
    .max(3600, 'must be at most 3600')
    .default(300)
    .describe('Seconds an access token lives.'),
  AUDIT_RETENTION_DAYS: z.coerce
    .number('must be whole days')
    .int('must be whole days')
    .min(1, 'must be at least 1')
    .max(3650, 'must be at most 3650')
    .default(90)
    .describe('Days that the audit log keeps an event.'),
});

/** What this server is configured with. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** Reads the configuration; nothing else in this app looks at the environment. */
export function loadConfig(env: Environment = process.env): Config {
  return readConfig(configSchema, env);
}

/** The issuer (RFC 8414 section 2): the public URL without its trailing slash. */
export function issuerOf(config: Config): string {
  return config.PUBLIC_URL.slice(0, -1);
}
