import {
  cast,
  readerClient,
  send,
  startTemporaryFleet,
  tokenFor,
  userUri,
  webClient,
  type Answer,
  type Fleet,
} from '@countersign/fleet';

describe('while the auth server is down', () => {
  let fleet: Fleet;
  let readerToken: string;
  let webToken: string;

  const getUser = (): Promise<Answer> =>
    send(userUri(fleet.urls, cast.recipient), { token: readerToken });

  const notify = (): Promise<Answer> =>
    send(new URL('notification/', fleet.urls.herald).href, {
      method: 'POST',
      token: webToken,
      json: { user: userUri(fleet.urls, cast.recipient), type: 'welcome-message' },
    });

  beforeAll(async () => {
    fleet = await startTemporaryFleet();
    readerToken = await tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });
    webToken = await tokenFor(fleet, {
      client: webClient,
      audience: fleet.urls.herald,
      subject: userUri(fleet.urls, cast.sender),
    });
    // Both have seen the auth server's keys once.
    expect((await getUser()).status).toBe(200);
    expect((await notify()).status).toBe(201);
    await fleet.services['auth-server'].stop();
    await expect(send(`${fleet.urls.issuer}/health/live`)).rejects.toThrow('ECONNREFUSED');
  });

  afterAll(() => fleet?.stop());

  it('Census answers a caller with a token of the auth server', async () => {
    expect((await getUser()).status).toBe(200);
  });

  it('Census answers Herald, which signs its calls itself', async () => {
    const mark = fleet.services.census.log.count;
    const answer = await notify();
    expect(answer.status).toBe(201);
    const entry = await fleet.services.census.log.waitFor(
      'Census let Herald in',
      (line) =>
        line['event'] === 'access.granted' &&
        line['caller'] === 'herald' &&
        fleet.services.census.log.since(mark).includes(line),
      5_000,
    );
    expect(entry).toMatchObject({
      subject: userUri(fleet.urls, cast.sender),
      scopes: ['users:read'],
    });
    const id = answer.headers['location']?.split('/').filter(Boolean).at(-1) ?? '-';
    await fleet.mail.mailbox.waitFor((mail) => mail.messageId.includes(id), 20_000);
  });

  it('Census still refuses who has no token', async () => {
    const answer = await send(userUri(fleet.urls, cast.recipient));
    expect([answer.status, answer.json['code']]).toEqual([401, 'TOKEN_MISSING']);
  });

  it('everything goes on when it is back', async () => {
    await fleet.services['auth-server'].start();
    readerToken = await tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });
    expect((await getUser()).status).toBe(200);
  });
});
