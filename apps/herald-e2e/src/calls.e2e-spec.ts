import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  cast,
  send,
  tokenFor,
  userUri,
  type Answer,
  type Fleet,
  type LogEntry,
} from '@countersign/fleet';

import { idOf, senderToken } from './herald-fleet.js';
import { postSigned, SigningPeer } from './signing-peer.js';
import { startHeraldFleet } from './start-herald-fleet.js';

const operator = {
  id: 'e2e-operator',
  grants: [{ service: 'herald', scopes: ['notifications:resend'] }],
};

const peer = new SigningPeer('another');

describe.each(['self-issued', 'token-exchange'] as const)(
  'Herald with tokens that are %s',
  (calls) => {
    let directory: string;
    let fleet: Fleet;
    /** Has been used at Herald; the other one has not. */
    let known: string;
    let unknown: string;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'calls-'));
      const file = join(directory, 'peers.json');
      fleet = await startHeraldFleet({
        herald: { CENSUS_CALLS: calls, PEERS_FILE: file },
        seeds: (demo, urls) => {
          // Written where the URLs are known, and before Herald reads it.
          writeFileSync(file, JSON.stringify({ trust: [peer.entry(`${urls.census}user/`)] }));
          return { ...demo, clients: [...demo.clients, operator] };
        },
      });
      known = await senderToken(fleet);
      unknown = await senderToken(fleet);
    }, 120_000);

    afterAll(async () => {
      await fleet?.stop();
      await rm(directory, { recursive: true });
    });

    const notify = (token: string, user: number = cast.recipient): Promise<Answer> =>
      send(new URL('notification/', fleet.urls.herald).href, {
        method: 'POST',
        token,
        json: { user: userUri(fleet.urls, user), type: 'welcome-message' },
      });
    const mailOf = (answer: Answer) =>
      fleet.mail.mailbox.waitFor(({ messageId }) => messageId.includes(idOf(answer)), 20_000);
    const censusSaid = (mark: number, event: string): Promise<LogEntry> => {
      const { log } = fleet.services.census;
      const isNew = (entry: LogEntry) =>
        entry['event'] === event && log.since(mark).includes(entry);
      return log.waitFor(`${event} of Census`, isNew, 5_000);
    };

    it('asks Census as the user, and Census answers as it would the user', async () => {
      const mark = fleet.services.census.log.count;
      const answer = await notify(known);
      expect(answer.status).toBe(201);
      expect(await censusSaid(mark, 'access.granted')).toMatchObject({
        caller: 'herald',
        subject: userUri(fleet.urls, cast.sender),
        scopes: ['users:read'],
      });
      await mailOf(answer);
    });

    it('is refused whom the user may not see', async () => {
      const mark = fleet.services.census.log.count;
      const answer = await notify(known, cast.stranger);
      expect([answer.status, answer.json['code']]).toEqual([403, 'USER_FORBIDDEN']);
      expect(await censusSaid(mark, 'access.refused')).toMatchObject({
        decision: answer.json['decision'],
        subject: userUri(fleet.urls, cast.sender),
      });
    });

    it('asks in the same way for a user in whose name a peer signed the notification', async () => {
      const content = (user: number): string =>
        JSON.stringify({ user: userUri(fleet.urls, user), type: 'welcome-message' });
      const post = async (user: number): Promise<Answer> =>
        postSigned(fleet.urls.herald, await peer.tokenFor(fleet, content(user)), content(user));
      const mark = fleet.services.census.log.count;
      const answer = await post(cast.recipient);
      expect(answer.status).toBe(201);
      expect(await censusSaid(mark, 'access.granted')).toMatchObject({
        caller: 'herald',
        subject: userUri(fleet.urls, cast.sender),
        scopes: ['users:read'],
      });
      await mailOf(answer);
      expect((await post(cast.stranger)).status).toBe(403);
      const changed = await peer.tokenFor(fleet, content(cast.recipient));
      expect((await postSigned(fleet.urls.herald, changed, content(cast.sender))).status).toBe(401);
    });

    it('goes on with what it has while the auth server is down', async () => {
      await fleet.services['auth-server'].stop();
      const answer = await notify(known);
      expect(answer.status).toBe(201);
      await mailOf(answer);

      const mark = fleet.services.census.log.count;
      const other = await notify(unknown);
      if (calls === 'self-issued') {
        expect(other.status).toBe(201);
        return;
      }
      // Nobody could exchange this one: nothing is recorded, and Census is not asked as anybody else.
      expect([other.status, other.json['code']]).toEqual([503, 'CENSUS_UNAVAILABLE']);
      expect(Number(other.headers['retry-after'])).toBeGreaterThan(0);
      expect(fleet.services.census.log.since(mark)).toEqual([]);
    });

    it('needs no restart when it is back', async () => {
      await fleet.services['auth-server'].start();
      let answer = await notify(unknown);
      // It waits as long as it was told to, or a little, before it asks again.
      for (let more = 0; answer.status === 503 && more < 20; more++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        answer = await notify(unknown);
      }
      expect(answer.status).toBe(201);
    });

    it('sends again, for operators, on behalf of whoever asked', async () => {
      fleet.mail.setMode('refuse-for-good');
      const answer = await notify(known);
      await fleet.services.herald.log.waitFor(
        'a refusal of the relay',
        (entry) =>
          entry['event'] === 'notification.failed' && entry['notification'] === idOf(answer),
        20_000,
      );
      fleet.mail.setMode('accept');
      const resend = `${answer.headers['location']}resend/`;
      const token = await tokenFor(fleet, { client: operator.id, audience: fleet.urls.herald });
      expect((await send(resend, { method: 'POST', token })).status).toBe(202);
      await mailOf(answer);
    });

    it('writes no token into a log', () => {
      for (const { log } of Object.values(fleet.services))
        expect(log.tail(10_000).join('\n')).not.toMatch(/eyJ/);
    });
  },
);
