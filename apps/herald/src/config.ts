/** The only reader of `process.env` in Herald. */
import {
  authServerUrl,
  baseConfig,
  dataDir,
  isPlainAddress,
  listenOn,
  publicUrl,
  readConfig,
} from '@countersign/runtime';
import { z } from 'zod';

import { censusCalls } from './census/census-tokens.js';
import { parseSmtpUrl } from './mail/smtp-settings.js';

const seconds = (otherwise: number, min = 0.01) =>
  z.coerce
    .number('must be a number')
    .min(min, 'is too small')
    .max(86_400, 'is too large')
    .default(otherwise);

const atMost = (otherwise: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1_000_000, 'is too large')
    .default(otherwise);

// `Name <address>`: visible ASCII without what has a meaning in a From header, or only the address.
const MAIL_FROM = /^(?:([A-Za-z0-9][A-Za-z0-9 ._-]{0,63}) <([^<>]+)>|([^<> ]+))$/;

const mailFrom = z.string().transform((value, context) => {
  const [, name = '', bracketed, bare] = MAIL_FROM.exec(value) ?? [];
  const address = bracketed ?? bare ?? '';
  if (isPlainAddress(address)) return { name, address };
  context.addIssue({ code: 'custom', message: 'must be an address, or Name <address>' });
  return z.NEVER;
});

/** Every variable this app reads; `docs/configuration.md` is made from it. */
export const configSchema = baseConfig
  .extend({
    ...listenOn(4001),
    DATA_DIR: dataDir('.countersign/herald'),
    AUTH_SERVER_URL: authServerUrl,
    CENSUS_URL: publicUrl
      .default('http://127.0.0.1:4002/')
      .describe('Census: the only place users come from.'),
    PEERS_FILE: z
      .string()
      .optional()
      .describe(
        'Services that sign their own tokens for Herald, each bound to its content: a trust file, read again when it changes.',
      ),
    CENSUS_CALLS: z
      .enum(censusCalls, { error: `must be one of ${censusCalls.join(', ')}` })
      .default('self-issued')
      .describe(
        'How Herald asks Census as the user: with tokens it signs itself, or with the user’s token exchanged at the authorization server.',
      ),
    CLIENT_ID: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/, 'must be a client id')
      .default('herald')
      .describe(
        'What Herald is called at the authorization server, where `CENSUS_CALLS=token-exchange`; it proves itself with its own keys.',
      ),
    SMTP_URL: z
      .string()
      .default('smtp://127.0.0.1:4025')
      .describe('The mail relay: smtps://, or smtp:// (with STARTTLS, except on this machine).'),
    SMTP_TLS: z
      .enum(['required', 'none'], { error: 'must be required or none' })
      .optional()
      .describe(
        '`none` allows mails in the clear to another machine; `required` asks for TLS on this one too.',
      ),
    SMTP_TIMEOUT_SECONDS: seconds(10).describe('Seconds the relay may be silent.'),
    MAIL_FROM: mailFrom
      .prefault('Herald <herald@example.test>')
      .describe('Who the mails come from: an address, or `Name <address>`.'),
    DELIVERY_RETRY_SECONDS: seconds(5).describe(
      'Seconds before the second attempt; doubled for each one after.',
    ),
    DELIVERY_RETRY_MAX_SECONDS: seconds(300).describe('Most seconds between two attempts.'),
    DELIVERY_GIVE_UP_HOURS: z.coerce
      .number('must be a number')
      .positive('must be more than 0')
      .max(24 * 14, 'must be two weeks at most')
      .default(72)
      .describe('Hours after which a mail that cannot be delivered is given up.'),
    DELIVERY_LEASE_SECONDS: z.coerce
      .number('must be a number')
      .int('must be a whole number')
      .min(2, 'is too small')
      .max(3_600, 'is too large')
      .default(120)
      .describe(
        'Seconds after which a delivery whose process died or hangs is taken by another; more than three times `SMTP_TIMEOUT_SECONDS`.',
      ),
    NOTIFICATIONS_PER_MINUTE: atMost(120).describe(
      'Notifications that one user may ask for in a minute.',
    ),
    NOTIFICATIONS_PER_MINUTE_OF_CALLER: atMost(6_000).describe(
      'Notifications that one caller may ask for in a minute, for all its users together.',
    ),
    NOTIFICATIONS_PENDING_MAX: atMost(100_000).describe(
      'Notifications that may wait for delivery; while there are more, new ones are answered 503.',
    ),
    DELIVERY_POLL_SECONDS: seconds(1).describe(
      'Seconds between looks for attempts that have become due.',
    ),
  })
  .refine(
    // An attempt lasts three times the silence at most; a lease must not end before it.
    (config) => config.DELIVERY_LEASE_SECONDS > 3 * config.SMTP_TIMEOUT_SECONDS,
    {
      path: ['DELIVERY_LEASE_SECONDS'],
      message: 'must be more than three times SMTP_TIMEOUT_SECONDS',
    },
  )
  .transform(({ SMTP_URL, SMTP_TLS, ...rest }, context) => {
    try {
      return { ...rest, SMTP: parseSmtpUrl(SMTP_URL, SMTP_TLS) };
    } catch (error) {
      const message = (error as Error).message;
      context.addIssue({ code: 'custom', path: ['SMTP_URL'], message });
      return z.NEVER;
    }
  });

/** What Herald is configured with. */
export type Config = Readonly<z.output<typeof configSchema>>;

/**
 * Reads the configuration.
 * @throws ConfigError naming every wrong variable.
 */
export const loadConfig = (env = process.env): Config => readConfig(configSchema, env);
