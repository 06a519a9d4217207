import { aToken, until, type AnswerToTest, type TokenBuilder } from '@countersign/testing';

import type { CensusStandIn } from './support/census-stand-in.js';
import { relayRefusal } from './support/mail-relay.js';
import { herald, startHerald, type RunningHerald } from './support/start-herald.js';

describe('POST /notification/ with a link', () => {
  let running: RunningHerald;
  let census: CensusStandIn;
  beforeAll(async () => {
    running = await startHerald();
    census = running.census;
  }, 60_000);
  afterAll(() => running.close());
  beforeEach(() => {
    running.onRecipient = () => undefined;
    census.behave();
    census.principals.length = 0;
    census.people.clear();
    census.people.set(21, { name: 'Ada', email: 'Ada@example.com', team: 'blue' });
  });

  const token = 'q'.repeat(43);
  const link = () => `${running.authServer.issuer}/people/invitation/${token}`;
  const invitation = () => ({
    user: census.uri(21),
    type: 'invitation',
    email: 'ada@example.com',
    link: link(),
  });
  const fromServer = () =>
    aToken()
      .from(running.authServer)
      .to(herald)
      .caller('~auth-server')
      .scopes('notifications:links');
  const post = (
    body: object,
    by: TokenBuilder = fromServer(),
    headers: Record<string, string> = {},
  ): Promise<AnswerToTest> =>
    running.send('POST', '/notification/', { token: by, headers, body: JSON.stringify(body) });
  const rowOf = async (answer: AnswerToTest) => {
    const id = String(answer.body['uri']).split('/').at(-2);
    const { rows } = await running
      .database()
      .execute<Record<string, unknown>>('SELECT * FROM notifications WHERE id = $1', [id]);
    return rows[0];
  };
  const count = async () => {
    const { rows } = await running
      .database()
      .execute<{ count: number }>('SELECT count(*)::int AS count FROM notifications');
    return rows[0]?.count;
  };
  const untilState = (answer: AnswerToTest, state: string) =>
    until(async () => (await rowOf(answer))?.['state'] === state);

  it('brings a link of the authorization server to the address that both know', async () => {
    const answer = await post(invitation());
    expect(answer).toMatchObject({ status: 201, body: { type: 'invitation' } });
    expect(JSON.stringify(answer.body)).not.toContain(token);
    await untilState(answer, 'delivered');
    const mail = running.relay.mails.at(-1);
    expect(mail).toMatchObject({
      envelopeTo: ['Ada@example.com'],
      subject: 'Choose your password',
    });
    expect(mail?.text).toContain(`\n${link()}\n`);
    expect(mail?.html).toContain(`<a href="${link()}">`);
    expect(census.principals).toMatchObject([{ subject: { uri: census.uri(21) } }]);
  });

  it('keeps the link sealed while the mail waits, and not at all afterwards', async () => {
    running.onRecipient = () => relayRefusal(450);
    const answer = await post({ ...invitation(), type: 'password-reset' });
    const waiting = await rowOf(answer);
    expect(waiting?.['sealed_link']).toMatch(/^v1\./);
    expect(JSON.stringify(waiting)).not.toContain(token);
    const { rows } = await running.database().execute('SELECT data::text FROM pgboss.job');
    expect(JSON.stringify(rows)).not.toContain(token);

    running.onRecipient = () => undefined;
    await untilState(answer, 'delivered');
    expect(await rowOf(answer)).toMatchObject({ sealed_link: null, address: null });
    expect(running.log()).not.toContain(token);
  });

  it('sends a failed one no second time: its link is gone', async () => {
    running.onRecipient = () => relayRefusal(550);
    const answer = await post(invitation());
    await untilState(answer, 'failed');
    expect(await rowOf(answer)).toMatchObject({ sealed_link: null });
    const path = new URL(String(answer.body['uri'])).pathname;
    const operator = aToken()
      .from(running.authServer)
      .to(herald)
      .caller('ops')
      .scopes('notifications:resend');
    const again = await running.send('POST', `${path}resend`, { token: operator });
    expect(again).toMatchObject({ status: 409, body: { code: 'NOTIFICATION_LINK_GONE' } });
  });

  it('is sent once for one Idempotency-Key, and refuses another link under it', async () => {
    const key = { 'idempotency-key': 'one' };
    const first = await post(invitation(), fromServer(), key);
    const second = await post(invitation(), fromServer(), key);
    expect(second.body['uri']).toBe(first.body['uri']);
    const other = { ...invitation(), link: link().replace('q', 'r') };
    await expect(post(other, fromServer(), key)).resolves.toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it.each<[string, (link: string) => string]>([
    ['another host', () => `https://evil.example/people/invitation/${token}`],
    ['a host that begins like ours', (good) => good.replace('/people', '.evil.example/people')],
    ['credentials', (good) => good.replace('://', '://evil@')],
    ['another path', (good) => good.replace('invitation', 'anything')],
    ['dots', (good) => good.replace('invitation', '../people/invitation')],
    ['a query', (good) => `${good}?next=https://evil.example`],
    ['a fragment', (good) => `${good}#x`],
    ['markup', (good) => `${good.slice(0, -1)}">`],
    ['a line break', (good) => `${good}\n`],
    ['a short token', (good) => good.slice(0, -1)],
    ['a script', () => 'javascript:alert(1)'],
    ['nothing', () => '#'],
  ])('refuses a link with %s, and asks nobody', async (_what, change) => {
    const before = census.requests();
    const answer = await post({ ...invitation(), link: change(link()) });
    expect(answer).toMatchObject({ status: 422, body: { code: 'LINK_FOREIGN' } });
    expect(census.requests()).toBe(before);
  });

  it('refuses to send it to an address that is not the one Census has', async () => {
    const answer = await post({ ...invitation(), email: 'eve@example.com' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'ADDRESS_MISMATCH' } });
    expect(JSON.stringify(answer.body)).not.toContain('ada');
  });

  it.each(['link', 'email', 'user'])('refuses a body without %s', async (member) => {
    await expect(post({ ...invitation(), [member]: undefined })).resolves.toMatchObject({
      status: 422,
      body: { code: 'BODY_INVALID', errors: [{ pointer: `/${member}` }] },
    });
  });

  it('refuses a link in a notification of another type', async () => {
    const as = aToken()
      .from(running.authServer)
      .to(herald)
      .caller('web')
      .onBehalfOf(census.uri(21));
    const body = { ...invitation(), type: 'welcome-message' };
    await expect(post(body, as.scopes('notifications:send'))).resolves.toMatchObject({
      status: 422,
      body: { code: 'BODY_INVALID' },
    });
  });

  describe('refuses', () => {
    const server = () => aToken().from(running.authServer).to(herald);
    it.each<[string, () => TokenBuilder]>([
      ['another client with the scope', () => server().caller('web').scopes('notifications:links')],
      [
        'a client that is called as we call it',
        () => server().caller('auth-server').scopes('notifications:links'),
      ],
      [
        'the server without the scope',
        () => server().caller('~auth-server').scopes('notifications:read'),
      ],
      [
        'a user who may send',
        () => server().caller('web').onBehalfOf(census.uri(21)).scopes('notifications:send'),
      ],
      [
        'the server on behalf of a user',
        () =>
          server().caller('~auth-server').onBehalfOf(census.uri(21)).scopes('notifications:links'),
      ],
    ])('%s', async (_who, by) => {
      const before = await count();
      expect((await post(invitation(), by())).status).toBe(403);
      expect(await count()).toBe(before);
    });

    it('what carries no link to the server itself', async () => {
      const body = { user: census.uri(21), type: 'welcome-message' };
      await expect(post(body)).resolves.toMatchObject({
        status: 403,
        body: { code: 'TYPE_FORBIDDEN' },
      });
    });
  });
});
