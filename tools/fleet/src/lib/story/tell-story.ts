/**
 * The demonstration, step by step: each step does something, checks what came of it, and shows it.
 * What is shown comes from answers, mails and logs; nothing of it is written down here.
 */
import { cast, userUri, webClient } from '../data/seeds.js';
import type { ReceivedMail } from '../mail/mailbox.js';
import { send, type Answer } from '../send.js';
import type { ServiceName } from '../service-environments.js';
import type { Fleet } from '../start-fleet.js';
import { expectThat } from './expect-that.js';
import { marksOf, newEntry, newHop, showHop, type Marks } from './follow-logs.js';
import { refusalIn } from './log-facts.js';
import { obtainToken, type ObtainedToken } from './obtain-token.js';
import type { Screen } from './screen.js';
import { tellLogin } from './tell-login.js';

const mailWithinMs = 20_000;
const notificationType = 'welcome-message';

/** Who must have called whom; everything else about it is read from the logs. */
const route: readonly (readonly [caller: string, service: ServiceName])[] = [
  [webClient, 'auth-server'],
  [webClient, 'herald'],
  ['herald', 'census'],
];

const notify = (fleet: Fleet, { token }: ObtainedToken, recipient: number): Promise<Answer> =>
  send(new URL('notification/', fleet.urls.herald).href, {
    method: 'POST',
    token,
    json: { user: userUri(fleet.urls, recipient), type: notificationType },
  });

function showToken(screen: Screen, { claims }: ObtainedToken): void {
  const shown = ['iss', 'client_id', 'sub', 'act', 'aud', 'scope'].map((name) => {
    const claim = claims[name];
    return [name, typeof claim === 'string' ? claim : JSON.stringify(claim ?? null)] as const;
  });
  const lifetime = Number(claims['exp']) - Number(claims['iat']);
  screen.facts([...shown, ['lives', `${lifetime} s`]]);
  screen.good('signed by the auth server; only its claims are shown, never the token itself');
}

async function tellToken(fleet: Fleet, screen: Screen): Promise<ObtainedToken> {
  screen.step(1, `${webClient} gets a token for Herald, on behalf of user ${cast.sender}`);
  const obtained = await obtainToken(fleet, cast.sender);
  showToken(screen, obtained);
  return obtained;
}

async function tellNotification(
  fleet: Fleet,
  screen: Screen,
  obtained: ObtainedToken,
): Promise<string> {
  screen.step(2, `with it, it asks Herald to notify user ${cast.recipient}, of the same team`);
  const answer = await notify(fleet, obtained, cast.recipient);
  const location = answer.headers['location'] ?? '';
  expectThat(
    answer.status === 201 && location !== '',
    `Herald answered ${answer.status} ${answer.text}, not 201 with a Location`,
  );
  screen.facts([
    ['POST', new URL('notification/', fleet.urls.herald).href],
    ['body', JSON.stringify({ user: userUri(fleet.urls, cast.recipient), type: notificationType })],
    ['answer', `${answer.status}, Location: ${location}`],
  ]);
  screen.good('recorded: the mail will leave even if Herald is stopped now');
  return location;
}

async function tellHops(fleet: Fleet, screen: Screen, marks: Marks): Promise<void> {
  screen.step(3, 'who called whom, as the services that were called logged it');
  const subject = userUri(fleet.urls, cast.sender);
  for (const [caller, service] of route) {
    const hop = await newHop(fleet, marks, caller, service);
    expectThat(hop.subject === subject, `${service} saw another user than ${subject}`);
    showHop(fleet, screen, hop);
  }
  screen.good('two tokens of two issuers, one user all the way: Herald signed the second itself');
}

async function tellMail(fleet: Fleet, screen: Screen, location: string): Promise<void> {
  screen.step(4, 'the mail, as it arrived');
  const id = location.split('/').filter(Boolean).at(-1) ?? '';
  const isIts = (mail: ReceivedMail): boolean => mail.messageId.includes(id);
  const mail = await fleet.mail.mailbox.waitFor(isIts, mailWithinMs).catch((error: unknown) => {
    expectThat(false, `the mail did not arrive: ${String(error)}`);
  });
  expectThat(mail.text !== '' && mail.html !== '', 'the mail lacks its text or its HTML part');
  screen.facts([
    ['From', mail.from],
    ['To', mail.to],
    ['Subject', mail.subject],
    ['Message-ID', mail.messageId],
  ]);
  screen.quote(mail.text);
  screen.good(
    `by SMTP, to the address that Census gave; HTML part: ${mail.html.length} characters`,
  );
}

async function tellRefusal(fleet: Fleet, screen: Screen): Promise<string> {
  screen.step(5, `user ${cast.stranger}, of the other team, tries the same, and is refused`);
  const mails = fleet.mail.mailbox.mails.length;
  const marks = marksOf(fleet);
  const answer = await notify(fleet, await obtainToken(fleet, cast.stranger), cast.recipient);
  const { code, decision } = answer.json;
  expectThat(
    answer.status === 403 && typeof code === 'string',
    `Herald answered ${answer.status} ${answer.text}, not 403 with a code`,
  );
  screen.line('   What the caller sees:');
  screen.facts([
    ['  status', String(answer.status)],
    ['  code', code],
    ['  decision', String(decision ?? '(none)')],
  ]);
  const entry = await newEntry(
    fleet,
    marks,
    'census',
    `why Census refused, under decision ${String(decision)}`,
    (line) => refusalIn(line)?.decision === decision,
  );
  const refusal = refusalIn(entry);
  expectThat(refusal, 'Census did not log why it refused');
  screen.line(`   What the log of ${refusal.service} says under ${refusal.decision}:`);
  screen.facts([
    ['  code', refusal.code],
    ...refusal.facts.map(([label, value]) => [`  ${label}`, value] as const),
  ]);
  expectThat(fleet.mail.mailbox.mails.length === mails, 'a mail left although it was refused');
  screen.good('no mail left');
  return refusal.decision;
}

/**
 * Tells the whole story on the screen. Throws a StoryError at the first step that does not go as it
 * must. Returns the id of the decision that refused.
 * @internal
 */
export async function tellStory(fleet: Fleet, screen: Screen): Promise<string> {
  const marks = marksOf(fleet);
  const obtained = await tellToken(fleet, screen);
  const location = await tellNotification(fleet, screen, obtained);
  await tellHops(fleet, screen, marks);
  await tellMail(fleet, screen, location);
  const decision = await tellRefusal(fleet, screen);
  if (fleet.accounts) await tellLogin(fleet, fleet.accounts.sender, screen);
  return decision;
}
