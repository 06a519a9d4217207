import type { Account } from '../data/accounts.js';
import { cast, demoUser, userUri } from '../data/seeds.js';
import type { ServiceName } from '../service-environments.js';
import type { Fleet } from '../start-fleet.js';
import { expectThat } from './expect-that.js';
import { marksOf, newHop, showHop } from './follow-logs.js';
import type { Screen } from './screen.js';
import { Visitor, type VisitedPage } from './visitor.js';

const mailWithinMs = 20_000;

/** Who must have called whom when the person pressed the button. */
const route: readonly (readonly [caller: string, service: ServiceName])[] = [
  ['web-app', 'auth-server'],
  ['web-app', 'herald'],
  ['herald', 'census'],
];

const without = (url: string): string => url.split('?')[0] ?? url;

/** Password and consent, as a person gives them; ends on the page of the web-app. */
async function logIn(visitor: Visitor, fleet: Fleet, account: Account): Promise<VisitedPage> {
  const asked = await visitor.visit(`${fleet.urls.webApp}login`);
  expectThat(asked.url.startsWith(`${fleet.urls.issuer}/people/`), 'nobody asked for a password');
  const consent = await visitor.submit(asked, 'login', { ...account });
  expectThat(consent.status === 200, `${without(consent.url)} answered ${consent.status}`);
  const page = await visitor.submit(consent, 'consent', { decision: 'allow' });
  expectThat(
    page.status === 200 && page.url === `${fleet.urls.webApp}notifications`,
    `the log-in ended on ${without(page.url)} with ${page.status}`,
  );
  return page;
}

/**
 * Somebody logs in with their password, and sends themself a notification. Throws a StoryError where
 * that does not go as it must.
 * @internal
 */
export async function tellLogin(fleet: Fleet, account: Account, screen: Screen): Promise<void> {
  const { name } = demoUser(cast.sender);
  screen.step(6, `${name} logs in to the web-app, and presses its one button`);
  const visitor = new Visitor();
  const page = await logIn(visitor, fleet, account);
  const marks = marksOf(fleet);
  const mails = fleet.mail.mailbox.mails.length;
  const after = await visitor.submit(page, 'send');
  expectThat(after.status === 200, `the web-app answered ${after.status}`);
  const subject = userUri(fleet.urls, cast.sender);
  for (const [caller, service] of route) {
    const hop = await newHop(fleet, marks, caller, service);
    expectThat(hop.subject === subject, `${service} saw another user than ${subject}`);
    showHop(fleet, screen, hop);
  }
  const isNew = (mail: object): boolean =>
    fleet.mail.mailbox.mails.findIndex((one) => one === mail) >= mails;
  const mail = await fleet.mail.mailbox.waitFor(isNew, mailWithinMs);
  expectThat(mail.to.includes(account.email), `the mail went to ${mail.to}`);
  screen.facts([['mail to', mail.to]]);
  screen.good('the password went to the log-in page only, and no token to the browser');
}
