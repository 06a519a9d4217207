/**
 * What the tests in a browser stand on: the whole fleet with people and the web-app, a browser, and
 * what a person does on the pages.
 */
import {
  send,
  startTemporaryFleet,
  tokenFor,
  type Account,
  type Fleet,
  type FleetOptions,
  type ReceivedMail,
} from '@countersign/fleet';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

import { launchBrowser } from './launch-browser.js';

const timeoutMs = 15_000;

/** A running fleet, and people with browsers. */
export interface Stage {
  readonly fleet: Fleet;
  readonly accounts: NonNullable<Fleet['accounts']>;
  /** A browser that nobody has used yet; what its pages complain of is told by `complaints`. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** What pages broke of their own policy, and scripts that failed. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** The client that administers the auth server. */
const administrator = 'ops';

/** Starts everything. */
export async function setStage(environment: FleetOptions['environment'] = {}): Promise<Stage> {
  const grants = [{ service: 'admin', scopes: ['admin:read', 'admin:write'] }];
  const fleet = await startTemporaryFleet({
    people: true,
    environment,
    seeds: (demo) => ({ ...demo, clients: [...demo.clients, { id: administrator, grants }] }),
  });
  const { accounts } = fleet;
  if (!accounts) throw new Error('the fleet has no accounts');
  const browser = await launchBrowser().catch(async (error: unknown) => {
    await fleet.stop();
    throw error;
  });
  const complaints: string[] = [];
  return {
    fleet,
    accounts,
    complaints,
    newPage: (options) => newPage(browser, options, complaints),
    close: async () => {
      await browser.close();
      await fleet.stop();
    },
  };
}

async function newPage(
  browser: Browser,
  options: BrowserContextOptions | undefined,
  complaints: string[],
): Promise<Page> {
  const context: BrowserContext = await browser.newContext(options);
  context.setDefaultTimeout(timeoutMs);
  const page = await context.newPage();
  page.on('pageerror', ({ message }) => complaints.push(`${page.url()} ${message}`));
  page.on('console', (message) => {
    const text = message.text();
    // That a page answered 401 or 404 is what some of them are for.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
      complaints.push(`${page.url()} ${text}`);
  });
  return page;
}

/** Has an administrator invite somebody, who gets a mail then. */
export async function invite(
  { fleet }: Pick<Stage, 'fleet'>,
  person: { readonly user: string; readonly email: string; readonly name: string },
): Promise<void> {
  const audience = `${fleet.urls.issuer}/admin`;
  const token = await tokenFor(fleet, { client: administrator, audience });
  const url = `${audience}/people`;
  const { status, text } = await send(url, { method: 'POST', token, json: person });
  if (status !== 201) throw new Error(`nobody was invited: ${status} ${text}`);
}

/** The link in the next mail to this address with this subject. */
export async function linkFor(
  { fleet }: Pick<Stage, 'fleet'>,
  email: string,
  subject: string,
): Promise<string> {
  const isTheirs = (mail: ReceivedMail): boolean => mail.to === email && mail.subject === subject;
  const { text } = await fleet.mail.mailbox.waitFor(isTheirs, 30_000);
  const [link] = /http\S+/.exec(text) ?? [];
  if (link === undefined) throw new Error(`there is no link in: ${text}`);
  return link;
}

/** From the start of the web-app to the page that asks for a password. */
export async function goToLogin({ fleet }: Pick<Stage, 'fleet'>, page: Page): Promise<void> {
  await page.goto(fleet.urls.webApp);
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.locator('#password').waitFor();
}

/** Types e-mail and password, and sends them. */
export async function typeAccount(page: Page, { email, password }: Account): Promise<void> {
  await page.locator('#email').fill(email);
  await page.locator('#password').fill(password);
  await page.locator('#submit').click();
}

/** The whole way in, and what the application asks for allowed. */
export async function logIn(stage: Stage, page: Page, account: Account): Promise<void> {
  await goToLogin(stage, page);
  await typeAccount(page, account);
  await page.locator('#allow').click();
  await page.locator('#send').waitFor();
}

/** Whether the web-app shows this browser the page of somebody. */
export async function isLoggedIn({ fleet }: Pick<Stage, 'fleet'>, page: Page): Promise<boolean> {
  await page.goto(`${fleet.urls.webApp}notifications`);
  return (await page.locator('#send').count()) > 0;
}
