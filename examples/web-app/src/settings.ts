import { isLoopbackHost, isUriPrefix } from '@countersign/token';
import { z } from 'zod';

/** Everything the application is told from outside. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Where browsers find it, with a final slash: cookies and redirects depend on it, never on Host. */
  readonly publicUrl: string;
  /** The issuer that tokens are exchanged at. */
  readonly authServerUrl: string;
  /** The issuer that people log in at: an OpenID provider. */
  readonly peopleUrl: string;
  /** Herald, and the audience of tokens for it. */
  readonly heraldUrl: string;
  readonly clientId: string;
  /** The private JWK that proves the client; made at the first start. */
  readonly clientKeyFile: string;
  /** Addresses whose X-Forwarded-Proto is believed, as Fastify's `trustProxy` has them. */
  readonly trustedProxies: string;
  /** Seconds until a session that nobody uses ends. */
  readonly sessionIdle: number;
  /** Seconds until any session ends. */
  readonly sessionLifetime: number;
}

const isSafe = (text: string): boolean => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopbackHost(hostname);
};
const unsafe = 'must be https, or http on this machine: tokens and cookies travel there';
const withSlash = z
  .string()
  .refine(isUriPrefix, { error: 'must be an http(s) URL with a final slash', abort: true })
  .refine(isSafe, unsafe);
const issuer = z
  .string()
  .refine((text) => isUriPrefix(`${text}/`), {
    error: 'must be an http(s) URL without a final slash',
    abort: true,
  })
  .refine(isSafe, unsafe);
const whole = (from: number, to: number, unless: number) => {
  const error = `must be a whole number from ${from} to ${to}`;
  return z.coerce.number(error).int(error).min(from, error).max(to, error).default(unless);
};
const text = z.string().trim().min(1, 'must not be empty');

const schema = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: whole(0, 65_535, 4003),
  PUBLIC_URL: withSlash
    .refine((url) => new URL(url).pathname === '/', 'must have no path: its cookies are for a host')
    .default('http://localhost:4003/'),
  AUTH_SERVER_URL: issuer.default('http://127.0.0.1:4000'),
  PEOPLE_URL: issuer.optional(),
  HERALD_URL: withSlash.default('http://127.0.0.1:4001/'),
  CLIENT_ID: text.default('web-app'),
  CLIENT_KEY_FILE: text.default('.countersign/web-app/client-key.jwk'),
  TRUSTED_PROXIES: text.default('127.0.0.1,::1'),
  SESSION_IDLE: whole(1, 86_400, 1800),
  SESSION_LIFETIME: whole(1, 604_800, 28_800),
});

/**
 * Reads the settings from the environment. Refuses with a TypeError that names every variable that
 * cannot be used, and what it must be; never what it holds.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { success, data, error } = schema.safeParse(env);
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new TypeError(`the web-app cannot start: ${faults.join('; ')}`);
  }
  return {
    host: data.HOST,
    port: data.PORT,
    publicUrl: data.PUBLIC_URL,
    authServerUrl: data.AUTH_SERVER_URL,
    peopleUrl: data.PEOPLE_URL ?? `${data.AUTH_SERVER_URL}/people`,
    heraldUrl: data.HERALD_URL,
    clientId: data.CLIENT_ID,
    clientKeyFile: data.CLIENT_KEY_FILE,
    trustedProxies: data.TRUSTED_PROXIES,
    sessionIdle: data.SESSION_IDLE,
    sessionLifetime: data.SESSION_LIFETIME,
  };
}
