import { randomBytes } from 'node:crypto';

import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { systemClock } from '@countersign/token';

import { PeopleRecords } from '../../src/people/engine/people-records.js';
import { Application } from './an-application.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  aVerifier,
  people,
  secrets,
  startPeopleServer,
  users,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(90_000);

let postgres: TestPostgres;
let one: PeopleServer;
let two: PeopleServer;

beforeAll(async () => {
  postgres = await startPostgres();
  const { registry } = await aRegistry();
  const env = {
    DATABASE_URL: await postgres.url('people'),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  };
  one = await startPeopleServer({ registry, env });
  two = await startPeopleServer({ registry, env });
});
afterAll(async () => {
  await one?.stop();
  await two?.stop();
  await postgres?.stop();
});

const web = ({ running }: PeopleServer) => new Application(running.url, 'web', secrets.web);

it('finish at the one what began at the other', async () => {
  const browser = one.browser();
  const begun = await browser.open(authorizeUrl({ code_challenge: aVerifier().challenge }));
  browser.base = two.running.url;
  expect((await browser.open(begun.location)).status).toBe(200);
  const code = await web(one).code(browser);
  const { status, body } = await web(one).redeem(code);
  expect(status).toBe(200);
  expect(await web(two).exchange(body['access_token'])).toMatchObject({ status: 200 });
  expect(await web(two).refresh(body['refresh_token'])).toMatchObject({ status: 200 });
});

it('take a code once, both together', async () => {
  const code = await web(one).code(one.browser());
  const answers = await Promise.all([one, two, one, two].map((server) => web(server).redeem(code)));
  const won = answers.filter(({ status }) => status === 200);
  expect(won.length).toBeLessThanOrEqual(1);
  for (const { body } of won) {
    expect(await web(two).exchange(body['access_token'])).toMatchObject({ status: 400 });
    expect(await web(one).refresh(body['refresh_token'])).toMatchObject({ status: 400 });
  }
});

it('take a refresh token once, both together', async () => {
  const { refresh_token } = await web(one).tokens(one.browser());
  const sent = [one, two, one, two].map((server) => web(server).refresh(refresh_token));
  const answers = await Promise.all(sent);
  const won = answers.filter(({ status }) => status === 200);
  expect(won.length).toBeLessThanOrEqual(1);
  for (const { body } of won) {
    expect(await web(one).refresh(body['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
  }
});

it('log out at both', async () => {
  const browser = one.browser();
  const got = await web(one).tokens(browser);
  const page = await browser.open(`${people}/logout?id_token_hint=${got['id_token']}`);
  const xsrf = String(/name="xsrf" value="([^"]*)"/.exec(page.text)?.[1]);
  browser.base = two.running.url;
  await browser.open(`${people}/logout/confirm`, { xsrf, logout: 'yes' });
  expect(await web(one).exchange(got['access_token'])).toMatchObject({ error: 'invalid_request' });
  const asked = authorizeUrl({ code_challenge: aVerifier().challenge, prompt: 'none' });
  browser.base = one.running.url;
  expect((await browser.open(asked)).location).toContain('error=login_required');
});

describe('what is kept', () => {
  const database = (): Database => one.running.app.get(DATABASE, { strict: false });

  it('holds no id that anybody could use', async () => {
    const browser = one.browser();
    const code = await web(one).code(browser);
    const { body } = await web(one).redeem(code);
    const { rows } = await database().execute<{ all: string }>(
      'select coalesce(string_agg(people_records::text, chr(10)), chr(10)) as all from people_records',
    );
    const kept = String(rows[0]?.all);
    expect(kept).toContain(alice.subject);
    const cookies = [...browser.cookies.values()].map(({ value }) => value);
    for (const secret of [code.code, body['refresh_token'], ...cookies]) {
      expect(String(secret).length).toBeGreaterThan(20);
      expect(kept).not.toContain(secret);
    }
  });

  it('is not brought back by a request that was under way when a session ended', async () => {
    const records = new PeopleRecords(database(), systemClock);
    const loginTs = Math.floor(Date.now() / 1000) - 60;
    const session = (uid: string, change: object = {}) => ({
      model: 'Session',
      payload: { uid, accountId: `${users}7/`, loginTs, ...change },
      expiresIn: 60,
    });
    await records.put({ ...session('left'), id: 'before' });
    await records.endSession('left');
    await records.put({ ...session('left'), id: 'before' });
    await records.put({ ...session('left'), id: 'another id' });
    expect(await records.find('Session', 'before')).toBeUndefined();
    expect(await records.findSession('left')).toBeUndefined();

    await records.put({ ...session('elsewhere'), id: 'elsewhere' });
    await records.endAll(`${users}7/`);
    await records.put({ ...session('elsewhere'), id: 'elsewhere' });
    expect(await records.find('Session', 'elsewhere')).toBeUndefined();
    const again = { loginTs: Math.floor(Date.now() / 1000) };
    await records.put({ ...session('again', again), id: 'again' });
    expect(await records.find('Session', 'again')).toBeDefined();
  });

  it('is removed when it has expired, in bites, and nothing else is', async () => {
    let now = 0;
    const clock = { ...systemClock, monotonic: () => now };
    const records = new PeopleRecords(database(), clock);
    const payload = { kind: 'Interaction' };
    await database().execute(
      `insert into people_records (model, id, payload, expires_at)
       select 'Old', n::text, '{}', now() - interval '1 hour' from generate_series(1, 1500) as n`,
    );
    const count = async () => {
      const text = "select count(*)::int as n from people_records where model = 'Old'";
      return (await database().execute<{ n: number }>(text)).rows[0]?.n;
    };
    const put = () => records.put({ model: 'New', id: 'new', payload, expiresIn: 60 });
    for (const left of [500, 0]) {
      now += 60_001;
      await put();
      await records.onModuleDestroy();
      expect(await count()).toBe(left);
    }
    expect(await records.find('New', 'new')).toMatchObject(payload);
  });
});
