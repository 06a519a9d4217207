/** The environment that every app has, as zod schemas; each app's config.ts extends it. */
import { isIP } from 'node:net';

import { isLoopbackHost } from '@countersign/token';
import { z } from 'zod';

import { parseKeyEncryptionKey } from '../keys/key-encryption-key.js';
import { tlsConfig } from '../tls/tls-config.js';

/**
 * The URL under which others know a service: absolute, in its normal form, without query, fragment
 * and credentials; https, or http on this machine only.
 * @internal
 */
export const serviceUrl = z.string().superRefine((value, context) => {
  const problem = problemOf(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

/** A service's own audience URI: a service URL that ends in a slash. @publicApi */
export const publicUrl = serviceUrl.refine((value) => value.endsWith('/'), {
  message: 'must end in a slash',
});

const issuerUrl = serviceUrl.refine((value) => !value.endsWith('/'), {
  message: 'must be the issuer itself, without a final slash',
});

function problemOf(value: string): string | undefined {
  if (!URL.canParse(value)) return 'must be an absolute URL';
  const url = new URL(value);
  const problem = protocolProblemOf(url);
  if (problem) return problem;
  if (url.username || url.password) return 'must not hold credentials';
  if (/[?#]/.test(value)) return 'must not have a query or fragment';
  if (url.href !== value && url.href !== `${value}/`) return 'must be in its normal form';
  return undefined;
}

function protocolProblemOf({ protocol, hostname }: URL): string | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) return undefined;
  return 'must be an https URL (http is for loopback hosts only)';
}

/** Where tokens come from, for the apps that trust an authorization server. @publicApi */
export const authServerUrl = issuerUrl
  .default('http://127.0.0.1:4000')
  .describe('The issuer of access tokens, without a final slash.');

/** Addresses and CIDR blocks, parted by commas. */
const networks = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((parts) => parts.every(isNetwork), {
    message: 'must be IP addresses or CIDR blocks, parted by commas',
  });

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  // Who trusts everybody trusts what each of them says about himself.
  const isBounded =
    bits === undefined || (Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128));
  return version !== 0 && isBounded;
}

/** A TCP port; 0 lets the system choose one. @publicApi */
export const port = z.coerce
  .number('must be a port number')
  .int('must be a port number')
  .min(0, 'must be a port number')
  .max(65_535, 'must be a port number');

const keyEncryptionKey = z.string().transform((value, context) => {
  const key = parseKeyEncryptionKey(value);
  if (key) return key;
  const message = 'must be 32 random bytes in base64url (43 characters)';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const about = {
  port: 'Port to listen on.',
  publicUrl:
    'The URL under which others know the app, with a final slash: its audience, and without the slash the issuer of its tokens.',
};

/** Where an app keeps its files; relative to where it was started. @publicApi */
export function dataDir(otherwise: string) {
  return z
    .string()
    .default(otherwise)
    .describe('Where the embedded database and generated keys live.');
}

/**
 * What every app is configured with. `PUBLIC_URL` is the app's own audience URI.
 *
 * @example
 * const schema = baseConfig.extend({ ...listenOn(4002), USERS_FILE: z.string().optional() });
 * @publicApi
 */
export const baseConfig = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: port.describe(about.port),
  PUBLIC_URL: publicUrl.describe(about.publicUrl),
  DATA_DIR: dataDir('.countersign'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL')
    .optional()
    .describe('PostgreSQL (`postgresql://`) instead of the embedded database.'),
  TRUSTED_PROXIES: networks
    .default([])
    .describe(
      'Proxies whose `X-Forwarded-For` is believed (addresses or CIDR blocks, parted by commas); none by default.',
    ),
  ...tlsConfig,
  METRICS_PORT: port
    .optional()
    .describe(
      'Port on which `GET /metrics` answers in the format of Prometheus, on `HOST`, in the clear and to everybody: for the network of whoever collects them. Without it nothing is measured.',
    ),
  KEY_ENCRYPTION_KEY: keyEncryptionKey
    .optional()
    .describe(
      '32 random bytes in base64url that seal private keys in the database; without it one is made in `DATA_DIR`.',
    ),
  KEY_ENCRYPTION_KEY_PREVIOUS: keyEncryptionKey
    .optional()
    .describe(
      'Opens what it sealed before `KEY_ENCRYPTION_KEY` was replaced; at the start everything is sealed anew.',
    ),
  SHUTDOWN_DELAY: z.coerce
    .number('must be seconds')
    .min(0, 'must be at least 0')
    .max(60, 'must be at most 60')
    .default(2)
    .describe(
      'Seconds after SIGTERM in which the app says it is not ready, and still answers: longer than a load balancer takes to notice.',
    ),
  DECISIONS_KEPT: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(100_000, 'must be at most 100,000')
    .refine((count) => count !== 1, 'must be 0, or at least 2')
    .default(1_000)
    .describe(
      'Decisions about requests that are kept in memory, about 3 KB each, for `countersign why`: whoever holds `admin:read` at this app reads them. 0 keeps none, and takes the route away.',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info')
    .describe('How much is logged.'),
});

/** The typed base environment. @publicApi */
export type BaseConfig = Readonly<z.output<typeof baseConfig>>;

/** Defaults that let an app run alone: this port of 127.0.0.1, known under that URL. @publicApi */
export function listenOn(number: number) {
  return {
    PORT: port.default(number).describe(about.port),
    PUBLIC_URL: publicUrl.default(`http://127.0.0.1:${number}/`).describe(about.publicUrl),
  };
}
