/** Variables of people's accounts, mails and the external provider. */
import { publicUrl } from '@countersign/runtime';
import { isLoopbackHost } from '@countersign/token';
import { z } from 'zod';

import type { AccountsOptions } from './accounts.module.js';

const attempts = (otherwise: number, what: string) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(1_000_000, 'must be at most 1000000')
    .default(otherwise)
    .describe(`${what} before each further one has to wait, ever longer; 0 for never.`);

const between = (otherwise: number, most: number, unit: string, what: string) =>
  z.coerce
    .number(`must be whole ${unit}`)
    .int(`must be whole ${unit}`)
    .min(1, 'must be at least 1')
    .max(most, `must be at most ${most}`)
    .default(otherwise)
    .describe(what);

const providerIssuer = z.string().refine(isIssuer, {
  message: 'must be an https URL (http is for loopback hosts only) without query and fragment',
});

function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
  return isSafe && username === '' && password === '';
}

/** Variables of people's accounts. */
export const accountsConfig = {
  ACCOUNTS_FILE: z
    .string()
    .optional()
    .describe(
      'Accounts made at the start where they are missing, with their passwords: a file that only its owner may read.',
    ),
  HERALD_URL: publicUrl
    .default('http://127.0.0.1:4001/')
    .describe('Herald, which brings invitations and links to reset passwords.'),
  INVITATION_HOURS: between(72, 720, 'hours', 'Hours that an invitation is good for.'),
  PASSWORD_RESET_MINUTES: between(
    30,
    1440,
    'minutes',
    'Minutes that a link to reset a password is good for.',
  ),
  PASSWORD_RESETS_PER_ADDRESS: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(1_000_000, 'must be at most 1000000')
    .default(20)
    .describe(
      'Links to reset a password that one address may ask for in a minute; 0 for no limit.',
    ),
  LOGIN_ATTEMPTS: attempts(5, 'Wrong passwords for one person from one address'),
  LOGIN_ATTEMPTS_PER_ADDRESS: attempts(50, 'Wrong passwords for whomever from one address'),
  LOGIN_ATTEMPTS_PER_PERSON: attempts(
    100,
    'Wrong passwords for one person from addresses and browsers where that one never logged in',
  ),
  OPENID_PROVIDER: providerIssuer
    .optional()
    .describe(
      'An OpenID provider that logs people in instead: its issuer. There are no passwords here then.',
    ),
  OPENID_PROVIDER_NAME: z
    .string()
    .min(1, 'must not be empty')
    .max(64, 'must have 64 characters at most')
    .default('your organisation')
    .describe('What people call that provider.'),
  OPENID_CLIENT_ID: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('Who this server is there; needed with `OPENID_PROVIDER`.'),
  OPENID_CLIENT_SECRET: z
    .string()
    .min(16, 'must have 16 characters at least')
    .optional()
    .describe('What it proves that with; better in a file that `OPENID_CLIENT_SECRET_FILE` names.'),
};

/** What of the configuration accounts are made with. */
export type AccountsConfig = Readonly<z.output<z.ZodObject<typeof accountsConfig>>>;

/** What accounts are made with; without what the server as a whole decides. */
export function accountsOptionsOf(
  config: AccountsConfig,
): Omit<AccountsOptions, 'publicUrl' | 'subjects' | 'clock'> {
  return {
    file: config.ACCOUNTS_FILE,
    heraldUrl: config.HERALD_URL,
    links: {
      invitation: config.INVITATION_HOURS * 3600,
      reset: config.PASSWORD_RESET_MINUTES * 60,
    },
    throttle: {
      freePerPair: config.LOGIN_ATTEMPTS,
      freePerNetwork: config.LOGIN_ATTEMPTS_PER_ADDRESS,
      freePerAccount: config.LOGIN_ATTEMPTS_PER_PERSON,
    },
    resetsPerMinute: config.PASSWORD_RESETS_PER_ADDRESS,
    provider: providerOf(config),
  };
}

function providerOf(config: AccountsConfig): AccountsOptions['provider'] {
  const { OPENID_PROVIDER: issuer, OPENID_PROVIDER_NAME: name } = config;
  const { OPENID_CLIENT_ID: clientId, OPENID_CLIENT_SECRET: clientSecret } = config;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined)
    return undefined;
  return { issuer, clientId, clientSecret, name };
}

/** Whether what belongs to an external provider is given together, or not at all. */
export function isWholeProvider(config: AccountsConfig): boolean {
  const { OPENID_PROVIDER, OPENID_CLIENT_ID, OPENID_CLIENT_SECRET } = config;
  const given = [OPENID_PROVIDER, OPENID_CLIENT_ID, OPENID_CLIENT_SECRET].map(
    (value) => value !== undefined,
  );
  return new Set(given).size === 1;
}
