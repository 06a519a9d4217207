import { baseConfig, dataDir, listenOn, readConfig, type Environment } from '@countersign/runtime';
import { z } from 'zod';

import { keyConfig } from './keys/key-config.js';
import { accountsConfig, isWholeProvider } from './people/accounts/accounts-config.js';
import { peopleConfig } from './people/people-config.js';

import type { LimitSettings } from './token/limits/token-limits.js';

/** A rate limit, by default this one. */
function perMinute(otherwise: number, what: string) {
  return z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(100_000_000, 'must be at most 100000000')
    .default(otherwise)
    .describe(`${what} in a minute; 0 for no limit.`);
}

/** Every variable this app reads; `docs/configuration.md` is made from it. */
export const configSchema = baseConfig
  .extend({
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
    ...keyConfig,
    LONGEST_ACTOR_CHAIN: z.coerce
      .number('must be a whole number')
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(8, 'must be at most 8')
      .default(4)
      .describe('Services that may act one for the other in an exchanged token.'),
    REPLAY_STORE: z
      .enum(['database', 'memory'], { error: 'must be database or memory' })
      .default('database')
      .describe(
        'Where used assertions are remembered. `memory` is for a single process, and forgets them when that ends.',
      ),
    DPOP_NONCE: z
      .enum(['off', 'required'], { error: 'must be off or required' })
      .default('off')
      .describe(
        '`required` has DPoP proofs at the token endpoint hold a nonce of this server, which replicas with one `KEY_ENCRYPTION_KEY` accept of each other.',
      ),
    RATE_LIMIT_ADDRESS: perMinute(60_000, 'Token requests of one address'),
    RATE_LIMIT_CLIENT: perMinute(6_000, 'Requests of one authenticated client'),
    RATE_LIMIT_CLIENT_FAILURES: perMinute(
      30,
      'Wrong credentials for one client from one address, which then has to wait,',
    ),
    RATE_LIMIT_ADDRESS_FAILURES: perMinute(
      300,
      'Wrong or missing credentials from one address, whose further ones are then refused unread,',
    ),
    RATE_LIMIT_FEED: perMinute(6_000, 'Messages of the revocation feed asked for by one address'),
    REVOCATION_STREAMS: z.coerce
      .number('must be a whole number')
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(50_000, 'must be at most 50000')
      .default(2_000)
      .describe('Guards that may follow the revocation feed at once.'),
    REVOCATION_STREAMS_PER_ADDRESS: z.coerce
      .number('must be a whole number')
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(50_000, 'must be at most 50000')
      .default(200)
      .describe('Of these, guards behind one address.'),
    ADMIN_API: z
      .enum(['on', 'off'], { error: 'must be on or off' })
      .default('on')
      .describe('`off` leaves out everything below `/admin`, the bootstrap included.'),
    AUDIT_RETENTION_DAYS: z.coerce
      .number('must be whole days')
      .int('must be whole days')
      .min(1, 'must be at least 1')
      .max(3650, 'must be at most 3650')
      .default(90)
      .describe('Days that the audit log keeps an event.'),
    ...peopleConfig,
    ...accountsConfig,
  })
  .refine(({ PEOPLE, PEOPLE_SUBJECTS }) => PEOPLE === 'off' || PEOPLE_SUBJECTS.length > 0, {
    path: ['PEOPLE_SUBJECTS'],
    message: 'must say whose people may log in, where PEOPLE is on',
  })
  .refine(isWholeProvider, {
    path: ['OPENID_PROVIDER'],
    message: 'must come with OPENID_CLIENT_ID and OPENID_CLIENT_SECRET, or not at all',
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

/** How much one address or client may ask. */
export function limitsOf(config: Config): LimitSettings {
  return {
    perAddress: config.RATE_LIMIT_ADDRESS,
    perClient: config.RATE_LIMIT_CLIENT,
    failuresPerClient: config.RATE_LIMIT_CLIENT_FAILURES,
    failuresPerAddress: config.RATE_LIMIT_ADDRESS_FAILURES,
  };
}
