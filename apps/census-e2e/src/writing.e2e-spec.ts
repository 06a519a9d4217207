import {
  cast,
  send,
  startTemporaryFleet,
  tokenFor,
  userUri,
  webClient,
  type Answer,
  type Fleet,
} from '@countersign/fleet';

/** Creates, changes and deletes users, in its own right. */
const directoryClient = 'e2e-directory';

describe('a user of Census', () => {
  let fleet: Fleet;
  let token: string;
  let uri: string;

  beforeAll(async () => {
    fleet = await startTemporaryFleet({
      seeds: (demo) => ({
        ...demo,
        clients: [
          ...demo.clients,
          {
            id: directoryClient,
            grants: [{ service: 'census', scopes: ['users:read:any', 'users:write:any'] }],
          },
        ],
      }),
    });
    token = await tokenFor(fleet, { client: directoryClient, audience: fleet.urls.census });
  });

  afterAll(() => fleet?.stop());

  const cleo = { name: 'Cleo Blue', email: 'cleo@example.test', team: 'blue' };

  const notify = async (): Promise<Answer> =>
    send(new URL('notification/', fleet.urls.herald).href, {
      method: 'POST',
      token: await tokenFor(fleet, {
        client: webClient,
        audience: fleet.urls.herald,
        scope: 'notifications:send',
        subject: userUri(fleet.urls, cast.sender),
      }),
      json: { user: uri, type: 'welcome-message' },
    });

  const mailOf = async ({ headers }: Answer) => {
    const id = headers['location']?.split('/').filter(Boolean).at(-1) ?? 'no location';
    return fleet.mail.mailbox.waitFor((mail) => mail.messageId.includes(id), 20_000);
  };

  it('is created by a service of its own right, and can be told something at once', async () => {
    const created = await send(`${fleet.urls.census}user/`, { method: 'POST', token, json: cleo });
    expect(created.status).toBe(201);
    uri = created.headers['location'] ?? '';
    expect(created.json).toEqual({ ...cleo, uri, role: 'member' });
    const mail = await mailOf(await notify());
    expect(mail.envelope.to).toEqual([cleo.email]);
  });

  it('is told under the new address as soon as it is changed', async () => {
    const read = await send(uri, { token });
    const changed = await send(uri, {
      method: 'PUT',
      token,
      headers: { 'if-match': read.headers['etag'] ?? '' },
      json: { ...read.json, email: 'cleo.blue@example.test' },
    });
    expect(changed.status).toBe(200);
    expect(changed.headers['etag']).not.toBe(read.headers['etag']);
    const mail = await mailOf(await notify());
    expect(mail.envelope.to).toEqual(['cleo.blue@example.test']);
  });

  it('is not told anything from another team, nor when deleted: no mail leaves', async () => {
    const headers = { 'if-match': '*' };
    const moved = await send(uri, {
      method: 'PUT',
      token,
      headers,
      json: { ...cleo, team: 'green', role: 'member' },
    });
    expect(moved.status).toBe(200);
    const mails = fleet.mail.mailbox.mails.length;
    expect((await notify()).status).toBe(403);
    expect((await send(uri, { method: 'DELETE', token, headers })).status).toBe(204);
    // To a member of another team a deleted user and one who was moved away are the same.
    expect((await notify()).status).toBe(403);
    expect((await send(uri, { token })).status).toBe(404);
    expect(fleet.mail.mailbox.mails).toHaveLength(mails);
  });
});
