import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  cast,
  freePorts,
  send,
  userUri,
  type Answer,
  type Fleet,
  type ServiceProcess,
} from '@countersign/fleet';
import { aToken } from '@countersign/testing';

import { idOf, senderToken } from './herald-fleet.js';
import { postSigned, SigningPeer } from './signing-peer.js';
import { startHeraldFleet } from './start-herald-fleet.js';

const another = new SigningPeer('another');
const old = new SigningPeer('old');

describe('a service that signs its own notifications, at two Heralds', () => {
  let directory: string;
  let fleet: Fleet;
  let twin: ServiceProcess;
  let body: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'peers-'));
    const file = join(directory, 'peers.json');
    fleet = await startHeraldFleet({
      herald: { PEERS_FILE: file },
      // Written where the URLs are known, and before Herald reads it.
      seeds: (demo, urls) => {
        writeFileSync(file, JSON.stringify({ trust: entries(`${urls.census}user/`) }));
        return demo;
      },
    });
    twin = fleet.twin('herald', (await freePorts()).herald);
    await twin.start();
    body = bodyFor(cast.recipient);
  }, 180_000);

  afterAll(async () => {
    await twin?.close();
    await fleet?.stop();
    await rm(directory, { recursive: true });
  });

  const entries = (users: string): readonly object[] => [
    another.entry(users),
    { ...old.entry(users), singleUse: false, legacy: true },
  ];
  const bodyFor = (user: number): string =>
    JSON.stringify({ user: userUri(fleet.urls, user), type: 'welcome-message' });
  const tokenFor = (content: string): Promise<string> => another.tokenFor(fleet, content);
  const post = (jwt: string, content: string, herald = fleet.urls.herald): Promise<Answer> =>
    postSigned(herald, jwt, content);
  const codeOf = ({ status, json }: Answer) => [status, json['code']];

  it('is taken at its word, and the mail leaves', async () => {
    const answer = await post(await tokenFor(body), body);
    expect(answer.status).toBe(201);
    const mail = await fleet.mail.mailbox.waitFor(
      ({ messageId }) => messageId.includes(idOf(answer)),
      20_000,
    );
    expect(mail.envelope.to).toEqual(['bruno@example.test']);
  });

  it('is refused when the body was changed on the way, even by a blank', async () => {
    const other = bodyFor(cast.sender);
    expect(codeOf(await post(await tokenFor(body), other))).toEqual([401, 'BODY_MISMATCH']);
    expect(codeOf(await post(await tokenFor(body), `${body} `))).toEqual([401, 'BODY_MISMATCH']);
  });

  it('is refused with a token that says nothing of the body', async () => {
    const token = aToken()
      .from(another.issuer)
      .to(fleet.urls.herald)
      .onBehalfOf(userUri(fleet.urls, cast.sender))
      .scopes('notifications:send')
      .sign();
    expect(codeOf(await post(token, body))).toEqual([401, 'CLAIM_INVALID']);
  });

  it('is let in once with each token, whichever Herald it asks', async () => {
    const heralds = [fleet.urls.herald, `${twin.url}/`];
    const token = await tokenFor(body);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => post(token, body, heralds[index % 2])),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(9).fill(401)]);
    const refused = answers.filter(({ status }) => status === 401);
    expect(new Set(refused.map(({ json }) => json['code']))).toEqual(new Set(['TOKEN_REPLAYED']));
  });

  it('can be known by an MD5 only where it is marked legacy', async () => {
    const bdy = createHash('md5').update(body).digest('hex');
    const token = ({ issuer }: SigningPeer) =>
      aToken()
        .from(issuer)
        .to(fleet.urls.herald)
        .onBehalfOf(userUri(fleet.urls, cast.sender))
        .scopes('notifications:send')
        .claim('bdy', bdy)
        .sign();
    expect((await post(token(old), body)).status).toBe(201);
    expect(codeOf(await post(token(old), `${body} `))).toEqual([401, 'BODY_MISMATCH']);
    expect(codeOf(await post(token(another), body))).toEqual([401, 'CLAIM_INVALID']);
  });

  it('may not read with a token for sending, nor speak for users of elsewhere', async () => {
    const { href } = new URL('notification/', fleet.urls.herald);
    const jwt = await tokenFor(body);
    expect(codeOf(await send(href, { headers: { jwt } }))).toEqual([401, 'BODY_MISMATCH']);
    const elsewhere = 'https://elsewhere.example/user/1/';
    const stranger = await another.tokenFor(fleet, body, elsewhere);
    expect(codeOf(await post(stranger, body))).toEqual([403, 'SUBJECT_FORBIDDEN']);
  });

  it('changes nothing for callers of the auth server: their tokens serve again', async () => {
    const token = await senderToken(fleet);
    for (let count = 0; count < 2; count++) {
      const answer = await send(new URL('notification/', fleet.urls.herald).href, {
        method: 'POST',
        token,
        json: JSON.parse(body) as unknown,
      });
      expect(answer.status).toBe(201);
    }
  });
});
