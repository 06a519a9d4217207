/** The only reader of `process.env` in Herald. */
import { baseConfig, issuerUrl, listenOn, publicUrl, readConfig } from '@countersign/runtime';
import { z } from 'zod';

import { isPlainAddress } from './mail/plain-address.js';
import { parseSmtpUrl } from './mail/smtp-settings.js';

const seconds = (otherwise: number, min = 0.01) =>
  z.coerce
    .number('must be a number')
    .min(min, 'is too small')
    .max(86_400, 'is too large')
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

const schema = baseConfig
  .extend({
    ...listenOn(4001),
    DATA_DIR: z.string().default('.countersign/herald'),
    AUTH_SERVER_URL: issuerUrl.default('http://127.0.0.1:4000'),
    /** Census: the only place users come from. */
    CENSUS_URL: publicUrl.default('http://127.0.0.1:4002/'),
    /** The mail relay: smtps://, or smtp:// (with STARTTLS, except on this machine). */
    SMTP_URL: z.string().default('smtp://127.0.0.1:4025'),
    /** `none` allows mails in the clear to another machine. */
    SMTP_TLS: z.enum(['required', 'none'], { error: 'must be required or none' }).optional(),
    /** Longest silence of the relay. */
    SMTP_TIMEOUT_SECONDS: seconds(10),
    MAIL_FROM: mailFrom.prefault('Herald <herald@example.test>'),
    /** Pause before the second attempt; doubled for each one after. */
    DELIVERY_RETRY_SECONDS: seconds(5),
    /** Longest pause between two attempts. */
    DELIVERY_RETRY_MAX_SECONDS: seconds(300),
    /** When a mail that cannot be delivered is given up. */
    DELIVERY_GIVE_UP_HOURS: z.coerce
      .number('must be a number')
      .positive('must be more than 0')
      .max(24 * 14, 'must be two weeks at most')
      .default(72),
    /** How often to look for attempts that have become due. */
    DELIVERY_POLL_SECONDS: seconds(1),
  })
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
export type Config = Readonly<z.output<typeof schema>>;

/**
 * Reads the configuration.
 * @throws ConfigError naming every wrong variable.
 */
export const loadConfig = (env = process.env): Config => readConfig(schema, env);
