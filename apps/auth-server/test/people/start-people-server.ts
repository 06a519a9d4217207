import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApp, type RunningApp } from '@countersign/runtime';
import { generateSigningKey, systemClock, type Clock } from '@countersign/token';

import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';
import { AccountStore } from '../../src/people/accounts/account-store.js';
import { Passwords } from '../../src/people/accounts/passwords.js';
import { generateSecret } from '../../src/registry/secret.js';
import { tokenErrorShape } from '../../src/token/token-error.shape.js';
import { Browser, type Opened } from './a-browser.js';

export const issuer = 'https://auth.example';
export const people = `${issuer}/people`;
export const herald = 'https://herald.example/';
export const users = 'https://census.example/user/';
export const alice = {
  subject: `${users}1/`,
  email: 'alice@example.com',
  name: 'Alice',
  password: randomBytes(12).toString('base64url'),
};
export const callback = 'https://web.example/callback';
export const home = 'https://web.example/';

const secret = () => randomBytes(32).toString('base64url');
/** Made anew for every run. */
export const secrets = {
  web: generateSecret('web').secret,
  webNext: secret(),
  webOld: secret(),
  other: secret(),
  house: secret(),
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** What everybody asks for. */
export const scope = 'openid profile email notifications:send';

const edge = { source: 'exchange', target: 'herald', scopes: ['notifications:send'] };
const loginAt = (host: string, more: object = {}) => ({
  name: 'Web <app>',
  redirectUris: [`https://${host}/callback`],
  postLogoutRedirectUris: [`https://${host}/`],
  ...more,
});

/** The registry that servers start with. */
export async function aRegistry() {
  const key = await generateSigningKey('ES256');
  const registry = {
    services: [
      { name: 'herald', audience: herald, scopes: ['notifications:send', 'notifications:read'] },
    ],
    clients: [
      {
        id: 'web',
        secrets: [
          { label: 'now', sha256: sha256(secrets.web) },
          { label: 'next', sha256: sha256(secrets.webNext) },
          { label: 'old', sha256: sha256(secrets.webOld), expires: '2026-01-01T00:00:00Z' },
        ],
        login: loginAt('web.example'),
        onBehalfOf: [edge],
      },
      {
        id: 'other',
        secrets: [{ label: 'now', sha256: sha256(secrets.other) }],
        login: loginAt('other.example'),
        onBehalfOf: [edge],
      },
      {
        id: 'house',
        secrets: [{ label: 'now', sha256: sha256(secrets.house) }],
        login: loginAt('house.example', { consent: 'implied' }),
        onBehalfOf: [edge],
      },
      {
        id: 'signer',
        keys: { jwks: [key.publicJwk] },
        login: loginAt('signer.example'),
        onBehalfOf: [edge],
      },
      { id: 'job', secrets: [{ label: 'now', sha256: sha256(secrets.web) }] },
    ],
  };
  return { registry, signerKey: key };
}

/** The real server on a free port, with one account. */
export interface PeopleServer {
  readonly running: RunningApp;
  readonly lines: string[];
  readonly directory: string;
  readonly accounts: AccountStore;
  browser(): Browser;
  stop(): Promise<void>;
}

/** How a server starts. */
export interface PeopleServerOptions {
  readonly registry: object;
  readonly directory?: string | undefined;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the server; with `directory` on what another one left there. */
export async function startPeopleServer(options: PeopleServerOptions): Promise<PeopleServer> {
  const { registry, directory, clock = systemClock, env = {} } = options;
  const root = directory ?? mkdtempSync(join(tmpdir(), 'people-'));
  const file = join(root, 'registry.json');
  writeFileSync(file, JSON.stringify(registry));
  const lines: string[] = [];
  const running = await startApp({
    name: 'auth-server',
    config: loadConfig({
      PORT: '0',
      PUBLIC_URL: `${issuer}/`,
      DATA_DIR: root,
      REGISTRY_FILE: file,
      PEOPLE: 'on',
      PEOPLE_SUBJECTS: users,
      RATE_LIMIT_CLIENT_FAILURES: '0',
      RATE_LIMIT_ADDRESS_FAILURES: '0',
      RATE_LIMIT_LOGINS: '0',
      ...env,
    }),
    module: (config) => AppModule.forRoot(config, clock),
    bodies: ['form', 'json'],
    errorShapes: [tokenErrorShape],
    log: { write: (line) => void lines.push(line) },
  });
  const accounts = running.app.get(AccountStore, { strict: false });
  if ((await accounts.findByUser(alice.subject)) === undefined) await addAlice(running, accounts);
  const stop = async () => {
    await running.close();
    if (directory === undefined) rmSync(root, { recursive: true });
  };
  const browser = () => new Browser(running.url, issuer);
  return { running, lines, directory: root, accounts, browser, stop };
}

async function addAlice(running: RunningApp, accounts: AccountStore): Promise<void> {
  const { subject: user, email, name } = alice;
  const password = await running.app.get(Passwords, { strict: false }).hash(alice.password);
  await accounts.add(accounts.database, { user, email, emailVerified: true, name, password });
}

/** A PKCE pair (RFC 7636). */
export function aVerifier() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: sha256(verifier) };
}

/** The address an application sends a browser to. */
export function authorizeUrl(change: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters = {
    client_id: 'web',
    redirect_uri: callback,
    response_type: 'code',
    scope,
    state: 'a state',
    nonce: 'a nonce',
    code_challenge_method: 'S256',
    ...change,
  };
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${people}/authorize?${new URLSearchParams(given as [string, string][])}`;
}

/** Logs in, and consents where that is asked, until the application gets an answer. */
export async function logIn(browser: Browser, url: string, by = alice): Promise<URL> {
  let at = await browser.open(url);
  for (let step = 0; step < 8; step += 1) {
    if (at.status === 303 && !isOurs(at.location)) return new URL(at.location);
    at = await onward(browser, at, by);
  }
  throw new Error('the login leads nowhere');
}

/** Whether an address is below the issuer, wherever that listens. */
function isOurs(location: string): boolean {
  return location.startsWith('/') || new URL(location).pathname.startsWith('/people/');
}

async function onward(browser: Browser, at: Opened, by: typeof alice): Promise<Opened> {
  if (at.status !== 303) throw new Error(`${at.status}: ${at.text}`);
  const page = await browser.open(at.location);
  if (page.status !== 200) return page;
  const { action, csrf } = formOf(page.text);
  const { email, password } = by;
  return browser.open(
    action,
    action.endsWith('/login') ? { csrf, email, password } : { csrf, decision: 'allow' },
  );
}

/** Where the first form of a page is posted to, and its token. */
export function formOf(page: string): { readonly action: string; readonly csrf: string } {
  const [, action = ''] = / action="([^"]+)"/.exec(page) ?? [];
  const [, csrf = ''] = / name="csrf" value="([^"]+)"/.exec(page) ?? [];
  return { action, csrf };
}
