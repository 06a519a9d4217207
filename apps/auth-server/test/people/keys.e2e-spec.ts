import { until } from '@countersign/testing';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import type { KeyCommands } from '../../src/keys/key-commands.js';
import { PEOPLE_KEY_COMMANDS } from '../../src/people/people.constants.js';
import { Application } from './an-application.js';
import {
  aRegistry,
  authorizeUrl,
  aVerifier,
  people,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

const by = { client: 'operator' };
let server: PeopleServer;
let web: Application;
let commands: KeyCommands;

beforeAll(async () => {
  const { registry } = await aRegistry();
  // What takes days in earnest; no key changes by itself.
  const env = { KEY_SET_MAX_AGE: '0', KEY_COOL_DOWN: '0', KEY_LAG: '0.1', KEY_TOLERANCE: '1' };
  server = await startPeopleServer({ registry, env });
  web = new Application(server.running.url, 'web', secrets.web);
  commands = server.running.app.get(PEOPLE_KEY_COMMANDS, { strict: false });
});
afterAll(() => server?.stop());

const kidOf = (token: string | undefined) => decodeProtectedHeader(String(token)).kid;

/** Keys are announced before they sign. */
async function rotate(): Promise<void> {
  await until(() =>
    commands.rotate(by).then(
      () => true,
      () => false,
    ),
  );
}

it('sign with the next key without a restart, and nothing of before is lost', async () => {
  const browser = server.browser();
  const before = await web.tokens(browser);
  const begun = server.browser();
  const page = await begun.open(authorizeUrl({ code_challenge: aVerifier().challenge }));
  const code = await web.code(server.browser());

  await rotate();

  expect((await begun.open(page.location)).status).toBe(200);
  const after = await web.redeem(code);
  expect(after.status).toBe(200);
  for (const which of ['access_token', 'id_token']) {
    expect(kidOf(after.body[which])).not.toBe(kidOf(before[which]));
  }
  expect(await web.exchange(before['access_token'])).toMatchObject({ status: 200 });
  expect(await web.exchange(after.body['access_token'])).toMatchObject({ status: 200 });
  const left = await browser.open(`${people}/logout?id_token_hint=${before['id_token']}`);
  expect(left.status).toBe(200);
  const keys = createRemoteJWKSet(new URL('/people/jwks', server.running.url));
  for (const token of [before['id_token'], after.body['id_token']]) {
    await expect(jwtVerify(String(token), keys, { issuer: people })).resolves.toBeDefined();
  }
});

it('rotate while many log in, and refuse nobody', async () => {
  let isOver = false;
  const kids = new Set<string | undefined>();
  const worker = async () => {
    while (!isOver) {
      const got = await web.tokens(server.browser());
      kids.add(kidOf(got['access_token']));
      expect(await web.exchange(got['access_token'])).toMatchObject({ status: 200 });
      expect(await web.refresh(got['refresh_token'])).toMatchObject({ status: 200 });
    }
  };
  const workers = Promise.all([worker(), worker(), worker()]);
  await until(() => kids.size > 0);
  await rotate();
  await until(() => kids.size > 1);
  isOver = true;
  await workers;
});

it('are dropped in an emergency, and what they signed is refused', async () => {
  const { access_token } = await web.tokens(server.browser());
  await commands.emergency(by, String(kidOf(access_token)));
  expect(await web.exchange(access_token)).toMatchObject({ status: 400, error: 'invalid_request' });
  const { access_token: next } = await web.tokens(server.browser());
  expect(await web.exchange(next)).toMatchObject({ status: 200 });
});
