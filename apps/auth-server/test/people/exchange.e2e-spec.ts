import { DATABASE, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { createSigner, generateSigningKey, signJwt, type SigningKey } from '@countersign/token';
import { decodeJwt } from 'jose';

import { AuditStore } from '../../src/audit/audit-store.js';
import { Audit } from '../../src/audit/audit.js';
import { RegistryStore } from '../../src/registry/registry-store.js';
import { RevocationStore } from '../../src/status/revocation-store.js';
import { PeopleSessions } from '../../src/people/people-sessions.js';
import { Application } from './an-application.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  issuer,
  people,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

const jwt = 'urn:ietf:params:oauth:token-type:jwt';
const idToken = 'urn:ietf:params:oauth:token-type:id_token';
const refreshToken = 'urn:ietf:params:oauth:token-type:refresh_token';

let server: PeopleServer;
let web: Application;
let other: Application;
let stranger: SigningKey;

beforeAll(async () => {
  const { registry } = await aRegistry();
  server = await startPeopleServer({ registry });
  web = new Application(server.running.url, 'web', secrets.web);
  other = new Application(server.running.url, 'other', secrets.other);
  stranger = await generateSigningKey('ES256');
});
afterAll(() => server?.stop());

const get = <T>(token: new (...args: never[]) => T): T =>
  server.running.app.get(token, { strict: false });
const tokens = (change: Record<string, string> = {}) => web.tokens(server.browser(), change);

it('gives no scope that the person did not grant, whatever the application may', async () => {
  const { access_token } = await tokens({ scope: 'openid' });
  expect(await web.exchange(access_token)).toMatchObject({ status: 400, error: 'invalid_scope' });
});

it('gives no scope that the application may not have, whatever the person would grant', async () => {
  const { access_token } = await tokens();
  const more = { scope: 'notifications:send notifications:read' };
  expect(await web.exchange(access_token, more)).toMatchObject({ error: 'invalid_scope' });
});

it('goes nowhere that no edge leads to', async () => {
  const { access_token } = await tokens();
  for (const audience of [`${issuer}/admin`, `${issuer}/exchange`, 'https://census.example/']) {
    const { status, error } = await web.exchange(access_token, { audience });
    expect([status, ['invalid_target', 'invalid_scope'].includes(String(error))]).toEqual([
      400,
      true,
    ]);
  }
});

it('never outlives the token of the person', async () => {
  const { access_token } = await tokens();
  const { body } = await web.exchange(access_token);
  const ends = Number(decodeJwt(String(access_token)).exp);
  expect(decodeJwt(String(body['access_token'])).exp).toBeLessThanOrEqual(ends);
});

it('is for the application alone that the person logged in to', async () => {
  const { access_token } = await tokens();
  expect(await other.exchange(access_token)).toMatchObject({ error: 'invalid_request' });
});

it.each([
  ['an ID token', 'id_token', jwt],
  ['an ID token by its name', 'id_token', idToken],
  ['a refresh token', 'refresh_token', refreshToken],
  ['a refresh token as a JWT', 'refresh_token', jwt],
])('takes no %s', async (_name, which, subject_token_type) => {
  const got = await tokens();
  const { status, error } = await web.exchange(got[which], { subject_token_type });
  expect([status, error]).toEqual([400, 'invalid_request']);
});

it('takes no access token that somebody else signed in the name of our logins', async () => {
  const { access_token } = await tokens();
  const { privateJwk } = stranger;
  const { kid } = privateJwk;
  const signer = createSigner({ algorithm: 'ES256', kid, privateKey: privateJwk });
  const forged = await signJwt(signer, 'at+jwt', decodeJwt(String(access_token)) as never);
  expect(await web.exchange(forged)).toMatchObject({ status: 400, error: 'invalid_request' });
});

it('makes no chain of a token that was exchanged, beyond where its edge led', async () => {
  const { access_token } = await tokens();
  const { body } = await web.exchange(access_token);
  const again = await web.exchange(body['access_token']);
  expect(again).toMatchObject({ status: 400, error: 'invalid_request' });
});

describe('once it has ended, a login is exchanged no more', () => {
  it('after the person was logged out everywhere', async () => {
    const got = await tokens();
    await get(PeopleSessions).endAll(alice.subject);
    expect(await web.exchange(got['access_token'])).toMatchObject({ error: 'invalid_request' });
    expect(await web.refresh(got['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
  });

  it('after the application lost its edge', async () => {
    const got = await tokens();
    expect(await web.exchange(got['access_token'])).toMatchObject({ status: 200 });
    const client = await changeWeb({ onBehalfOf: [] });
    try {
      expect(await web.exchange(got['access_token'])).toMatchObject({ status: 400 });
    } finally {
      await putClient(client);
    }
  });

  it('after people log in to the application no more', async () => {
    const got = await tokens();
    const client = await changeWeb({ login: undefined });
    try {
      expect(await web.refresh(got['refresh_token'])).toMatchObject({
        error: 'unauthorized_client',
      });
      const { status } = await server.browser().open(authorizeUrl());
      expect(status).toBe(400);
    } finally {
      await putClient(client);
    }
    expect(await web.refresh(got['refresh_token'])).toMatchObject({ status: 200 });
  });

  it('after an account was disabled', async () => {
    const got = await tokens();
    const { disable } = await accountOf(alice.subject);
    await disable(true);
    try {
      expect(await web.exchange(got['access_token'])).toMatchObject({ error: 'invalid_request' });
      expect(await web.refresh(got['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    } finally {
      await disable(false);
    }
  });
});

it('sends a browser only where its application says now', async () => {
  const client = await changeWeb({
    login: { name: 'Web', redirectUris: ['https://web.example/new'] },
  });
  try {
    expect((await server.browser().open(authorizeUrl())).status).toBe(400);
  } finally {
    await putClient(client);
  }
});

/** Changes a client while the server runs; returns what it was. */
async function changeWeb(change: object): Promise<object> {
  const found = await get(RegistryStore).findClient('web');
  const { document } = found!;
  // Without its secrets: it keeps those it has.
  const client = { ...document, secrets: undefined };
  await putClient({ ...client, ...change });
  return client;
}

async function putClient(client: object): Promise<void> {
  await get(RegistryStore).putClient(client, {}, { client: 'ops' } as never);
  await get(Versions).refresh('registry');
}

/** An account as whoever runs the database sees it. */
async function accountOf(subject: string) {
  const database: Database = server.running.app.get(DATABASE, { strict: false });
  const disable = async (is: boolean) => {
    const text = 'update people_accounts set disabled = $2 where user_uri = $1';
    await database.execute(text, [subject, is]);
  };
  return { disable };
}

it('has written down who logged in, where, and what for', async () => {
  await tokens();
  await web.refresh('wrong');
  const browser = server.browser();
  const { id_token } = await web.tokens(browser);
  const page = await browser.open(`${people}/logout?id_token_hint=${id_token}`);
  const xsrf = String(/name="xsrf" value="([^"]*)"/.exec(page.text)?.[1]);
  await browser.open(`${people}/logout/confirm`, { xsrf, logout: 'yes' });
  const audit = get(Audit);
  await audit.drain();
  const { events: records } = await get(AuditStore).find({ limit: 500 });
  const events = records.map(({ event }) => event);
  expect(events).toEqual(
    expect.arrayContaining([
      'people.login',
      'people.consent',
      'people.token.issued',
      'people.token.refused',
    ]),
  );
  expect(records.find(({ event }) => event === 'people.logout')).toMatchObject({
    client: 'web',
    subject: alice.subject,
  });
  const refusal = records.find(({ event }) => event === 'people.token.refused');
  expect(refusal).toMatchObject({
    client: 'web',
    code: 'invalid_grant',
    grantType: 'refresh_token',
  });
  expect(JSON.stringify(records)).not.toMatch(/ey[A-Z]\w{8,}\./);
});

it('is not exchanged after an administrator revoked what the person had', async () => {
  const got = await tokens();
  await get(RevocationStore).revokeSubject(alice.subject, { client: 'ops' });
  expect(await web.exchange(got['access_token'])).toMatchObject({ error: 'invalid_request' });
});
