import {
  cast,
  send,
  startTemporaryFleet,
  tokenFor,
  userUri,
  webClient,
  type Answer,
  type Fleet,
  type LogEntry,
} from '@countersign/fleet';
import { until } from '@countersign/testing';

describe('Herald', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startTemporaryFleet({
      environment: { herald: { DELIVERY_RETRY_SECONDS: '1' } },
    });
  });

  afterAll(() => fleet?.stop());

  const tokenOf = (user: number): Promise<string> =>
    tokenFor(fleet, {
      client: webClient,
      audience: fleet.urls.herald,
      scope: 'notifications:send',
      subject: userUri(fleet.urls, user),
    });

  const notify = async (sender: number, user: string): Promise<Answer> =>
    send(new URL('notification/', fleet.urls.herald).href, {
      method: 'POST',
      token: await tokenOf(sender),
      json: { user, type: 'welcome-message' },
    });

  const idOf = ({ headers }: Answer): string =>
    headers['location']?.split('/').filter(Boolean).at(-1) ?? 'no location';

  const mailOf = (answer: Answer) =>
    fleet.mail.mailbox.waitFor((mail) => mail.messageId.includes(idOf(answer)), 30_000);

  /** What Herald says of a notification once it is no longer pending. */
  async function settled(location: string): Promise<Answer> {
    const token = await tokenOf(cast.sender);
    let answer = await send(location, { token });
    await until(async () => {
      answer = await send(location, { token });
      return answer.json['state'] !== 'pending';
    });
    return answer;
  }

  const censusEntriesSince = (mark: number): readonly LogEntry[] =>
    fleet.services.census.log
      .since(mark)
      .filter((entry) => String(entry['event']).startsWith('access.'));

  it('delivers a mail from a user to another of the same team', async () => {
    const answer = await notify(cast.sender, userUri(fleet.urls, cast.recipient));
    expect(answer.status).toBe(201);
    const location = answer.headers['location'] ?? '';
    expect(location.startsWith(`${fleet.urls.herald}notification/`)).toBe(true);

    const mail = await mailOf(answer);
    expect(mail.envelope.to).toEqual(['bruno@example.test']);
    expect(mail.to).toContain('bruno@example.test');
    expect(mail.from).toContain('herald@example.test');
    expect(mail.text).toContain('Bruno');
    expect(mail.html).toContain('Bruno');

    const state = await settled(location);
    expect(state.status).toBe(200);
    expect(state.json).toMatchObject({
      state: 'delivered',
      user: userUri(fleet.urls, cast.recipient),
    });
  });

  it('shows a notification to sender and recipient, and to nobody else', async () => {
    const answer = await notify(cast.sender, userUri(fleet.urls, cast.recipient));
    const location = answer.headers['location'] ?? '';
    const seenBy = async (user: number): Promise<number> =>
      (await send(location, { token: await tokenOf(user) })).status;
    expect(await seenBy(cast.sender)).toBe(200);
    expect(await seenBy(cast.recipient)).toBe(200);
    expect(await seenBy(cast.stranger)).toBe(403);
    expect((await send(location)).status).toBe(401);
    await mailOf(answer);
  });

  it('refuses a user of another team with 403, and no mail leaves', async () => {
    const before = fleet.mail.mailbox.mails.length;
    const mark = fleet.services.census.log.count;
    const answer = await notify(cast.stranger, userUri(fleet.urls, cast.recipient));
    expect(answer.status).toBe(403);
    expect(answer.headers['location']).toBeUndefined();
    const refusal = await fleet.services.census.log.waitFor(
      'the refusal of Census',
      (entry) =>
        entry['event'] === 'access.refused' &&
        fleet.services.census.log.since(mark).includes(entry),
      5_000,
    );
    expect(refusal).toMatchObject({
      code: 'POLICY_REFUSED',
      caller: 'herald',
      subject: userUri(fleet.urls, cast.stranger),
    });
    expect(answer.json['decision']).toBe(refusal['decision']);
    // A mail sent now overtakes nothing: it arrives, and it is the only new one.
    await mailOf(await notify(cast.sender, userUri(fleet.urls, cast.recipient)));
    expect(fleet.mail.mailbox.mails).toHaveLength(before + 1);
  });

  it.each([
    ['of another host', 'https://census.evil.example/user/42/'],
    ['of another port', 'http://127.0.0.1:1/user/42/'],
    ['with a user name', 'http://census@evil.example/user/42/'],
    ['of a file', 'file:///etc/passwd'],
  ])('refuses a user URI %s with 422, and asks nobody', async (_what, user) => {
    const mark = fleet.services.census.log.count;
    const answer = await notify(cast.sender, user);
    expect(answer.status).toBe(422);
    expect(censusEntriesSince(mark)).toEqual([]);
  });

  it('refuses a path of Census that is not a user, with 422, and asks nobody', async () => {
    const mark = fleet.services.census.log.count;
    const answer = await notify(cast.sender, `${fleet.urls.census}user/42/../../health/live`);
    expect(answer.status).toBe(422);
    expect(censusEntriesSince(mark)).toEqual([]);
  });

  it('keeps a mail pending while SMTP is down, and delivers it once it is back', async () => {
    await fleet.mail.stopSmtp();
    const answer = await notify(cast.sender, userUri(fleet.urls, cast.recipient));
    expect(answer.status).toBe(201);
    await fleet.services.herald.log.waitFor(
      'a failed attempt',
      (entry) =>
        entry['event'] === 'notification.pending' && entry['notification'] === idOf(answer),
      20_000,
    );
    const location = answer.headers['location'] ?? '';
    const pending = await send(location, { token: await tokenOf(cast.sender) });
    expect(pending.json['state']).toBe('pending');

    await fleet.mail.startSmtp();
    await mailOf(answer);
    expect((await settled(location)).json['state']).toBe('delivered');
  });

  it('answers 503 and writes nothing while Census is down', async () => {
    await fleet.services.census.stop();
    try {
      const answer = await notify(cast.sender, userUri(fleet.urls, cast.recipient));
      expect(answer.status).toBe(503);
      expect(answer.headers['location']).toBeUndefined();
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await fleet.services.census.start();
    }
    expect((await notify(cast.sender, userUri(fleet.urls, cast.recipient))).status).toBe(201);
  });
});
