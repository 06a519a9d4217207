import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import type { Database, Migrations } from '@countersign/storage';

import { AuditStore } from '../../src/audit/audit-store.js';
import type { AuditEvent } from '../../src/audit/audit-event.js';
import { auditMigrations } from '../../src/audit/audit.table.js';
import { AccountStore } from '../../src/people/accounts/account-store.js';
import { KnownPlaces } from '../../src/people/accounts/known-places.js';
import { Links } from '../../src/people/accounts/links.js';
import { NewPasswords } from '../../src/people/accounts/new-passwords.js';
import { Passwords } from '../../src/people/accounts/passwords.js';
import { applyPeopleFile } from '../../src/people/accounts/people-file.js';
import { PersonChanges } from '../../src/people/accounts/person-changes.js';
import { SignIn } from '../../src/people/accounts/sign-in.js';
import { SignInThrottle } from '../../src/people/accounts/sign-in-throttle.js';
import { PeopleMail, type LinkMail } from '../../src/people/mail/people-mail.js';
import { accountsMigrations } from '../../src/people/people.migrations.js';

const users = 'https://census.example/user/';
const by = { name: 'ops', address: '192.0.2.1' };
const password = 'a lamp in the harbour';
/** Cheap: what is tested here is not argon2. */
const costs = { memoryCost: 64, timeCost: 1, parallelism: 1 };

/** The rules of accounts, on whatever database `open` opens, empty and with these migrations. */
export function accountsContract(
  open: (migrations: readonly Migrations[]) => Promise<Database>,
): void {
  let database: Database;
  let accounts: AccountStore;
  let passwords: Passwords;
  let now = 1_800_000_000;
  const clock = { now: () => now, monotonic: () => now * 1000 };
  const key = randomBytes(32);
  const secrets = { derive: () => [key] as const };
  const ended: string[] = [];
  const sessions = { endAll: async (user: string) => void ended.push(user) };
  const refusals: AuditEvent[] = [];
  let mails: LinkMail[] = [];
  let herald: (mail: LinkMail) => 'taken' | 'refused' = () => 'taken';

  let people: ReturnType<typeof make>;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await open([auditMigrations, accountsMigrations]);
    accounts = new AccountStore(database);
    passwords = await Passwords.create(costs);
    people = make();
  }, 60_000);
  beforeEach(async () => {
    now = 1_800_000_000;
    ended.length = 0;
    refusals.length = 0;
    mails = [];
    herald = () => 'taken';
    await database.execute('delete from people_accounts; delete from people_attempts');
    await database.execute('delete from people_reset_requests');
  });
  afterAll(() => database.close());

  const make = (settings: Partial<ConstructorParameters<typeof SignInThrottle>[2]> = {}) => {
    const free = { freePerPair: 5, freePerNetwork: 50, freePerAccount: 20, ...settings };
    const audit = new AuditStore(database);
    const places = new KnownPlaces();
    const links = new Links(secrets, { invitation: 72 * 3600, reset: 1800 }, clock);
    const mail = new PeopleMail({
      accounts,
      links,
      clock,
      publicUrl: 'https://auth.example/',
      sender: {
        send: async (asked) => {
          const outcome = herald(asked);
          mails.push(asked);
          return outcome;
        },
      },
    });
    const shared = { accounts, passwords, places, links, sessions, audit, clock };
    const onMail = () => undefined;
    return {
      mail,
      links,
      changes: new PersonChanges({ ...shared, subjects: [users], invites: true, onMail }),
      newPasswords: new NewPasswords({ ...shared, onMail }),
      signIn: new SignIn({
        ...shared,
        throttle: new SignInThrottle(database, clock, free),
        audit: { record: (event) => void refusals.push(event) },
      }),
    };
  };
  const send = async () => {
    await people.mail.run();
  };
  const ada = { user: `${users}21/`, email: 'ada@example.com', name: 'Ada' };
  const invited = () => people.changes.add(ada, by);
  const tokenIn = ({ link }: LinkMail) => link.split('/').at(-1) ?? '';
  const active = async () => {
    const account = await invited();
    const hashed = await passwords.hash(password);
    await database.transaction(async (tx) => {
      await accounts.setPassword(tx, account.id, hashed);
      await people.links.forget(tx, account.id);
    });
    return account;
  };
  const enter = (
    typed: string,
    from: { network?: string; device?: string; email?: string } = {},
    signIn = people.signIn,
  ) =>
    signIn.attempt({
      email: from.email ?? 'ada@example.com',
      password: typed,
      place: { device: from.device, network: from.network ?? '192.0.2.7' },
      address: '192.0.2.7',
      client: 'web',
    });
  const deviceOf = (result: Awaited<ReturnType<typeof enter>>): string => {
    if (!('device' in result)) throw new Error('nobody was let in');
    return result.device;
  };

  describe('an account', () => {
    it('is invited until there is a password, and found in any case of its address', async () => {
      const account = await invited();
      expect(account).toMatchObject({ state: 'invited', emailVerified: false, version: 1 });
      expect(await enter(password, { email: ' ADA@Example.COM ' })).toMatchObject({
        refused: 'wrong',
      });
      await database.transaction(async (tx) =>
        accounts.setPassword(tx, account.id, await passwords.hash(password)),
      );
      expect(await enter(password, { email: ' ADA@Example.COM ' })).toMatchObject({
        account: { user: ada.user, state: 'active' },
      });
    });

    it.each([
      ['the address', { ...ada, user: `${users}22/` }],
      ['the user', { ...ada, email: 'other@example.com' }],
    ])('refuses a second one for %s', async (_what, second) => {
      await invited();
      await expect(people.changes.add(second, by)).rejects.toMatchObject({ reason: 'exists' });
      expect(await accounts.list(undefined, 10)).toHaveLength(1);
    });

    it.each(['https://census.example/user/', 'https://evil.example/user/1/', `${users}../1/`, 'x'])(
      'refuses the user %s, whom this server may not log in',
      async (user) => {
        await expect(people.changes.add({ ...ada, user }, by)).rejects.toThrow('may log in');
      },
    );

    it('loses no change to another one', async () => {
      const { id } = await invited();
      const change = { email: ada.email, name: 'Ada L.', disabled: false };
      await people.changes.change(id, change, 1, by);
      const lost = people.changes.change(id, { ...change, name: 'A.' }, 1, by);
      await expect(lost).rejects.toMatchObject({ reason: 'changed' });
      expect(await accounts.find(id)).toMatchObject({ name: 'Ada L.', version: 2 });
    });

    it('is logged out everywhere when it is disabled, and not let in any more', async () => {
      const { id } = await active();
      const found = await accounts.find(id);
      const disabled = { email: ada.email, name: ada.name, disabled: true };
      await people.changes.change(id, disabled, found?.version ?? 0, by);
      expect(ended).toEqual([ada.user]);
      expect(await enter(password)).toEqual({ refused: 'wrong' });
      expect(await accounts.findByUser(ada.user)).toMatchObject({ state: 'disabled' });
    });

    it('goes with everything that hangs on it', async () => {
      const { id } = await invited();
      await people.changes.remove(id, 1, by);
      const { rows } = await database.execute('select 1 from people_links');
      expect(rows).toEqual([]);
      expect(ended).toEqual([ada.user]);
    });
  });

  describe('a password', () => {
    it('lets nobody in but with the right one', async () => {
      await active();
      for (const typed of ['', 'a lamp in the harbor', `${password} `, password.toUpperCase()]) {
        expect(await enter(typed, { network: `203.0.113.${typed.length}` })).toEqual({
          refused: 'wrong',
        });
      }
      expect(await enter(password)).toMatchObject({ account: { email: 'ada@example.com' } });
      expect(refusals).toHaveLength(4);
      expect(JSON.stringify(refusals)).not.toContain('harbo');
    });

    it('is the same in every Unicode spelling', async () => {
      const { id } = await invited();
      const hashed = await passwords.hash('grüße aus dem hafen');
      await accounts.setPassword(database, id, hashed);
      expect(await enter('gru\u0308ße aus dem hafen')).toHaveProperty('account');
    });

    it('is hashed anew when hashes have become too cheap', async () => {
      const { id } = await invited();
      const cheap = await Passwords.create({ ...costs, memoryCost: 32 });
      await accounts.setPassword(database, id, await cheap.hash(password));
      await enter(password);
      const { password: stored } = (await accounts.findByEmail(ada.email)) ?? {};
      expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
      expect(await enter(password)).toHaveProperty('account');
    });
  });

  describe('guessing', () => {
    it('waits ever longer, and what is refused counts for nothing', async () => {
      await active();
      for (let n = 0; n < 5; n += 1) expect(await enter('wrong')).toEqual({ refused: 'wrong' });
      expect(await enter('wrong')).toEqual({ refused: 'throttled', wait: 2 });
      expect(await enter(password)).toEqual({ refused: 'throttled', wait: 2 });
      now += 2;
      expect(await enter('wrong')).toEqual({ refused: 'wrong' });
      expect(await enter(password)).toEqual({ refused: 'throttled', wait: 4 });
      for (let n = 0; n < 50; n += 1) await enter('wrong');
      now += 4;
      expect(await enter(password)).toHaveProperty('account');
    });

    it('is as slow at an address without an account', async () => {
      const nobody = { email: 'nobody@example.com' };
      for (let n = 0; n < 5; n += 1) {
        expect(await enter('wrong', nobody)).toEqual({ refused: 'wrong' });
      }
      expect(await enter('wrong', nobody)).toEqual({ refused: 'throttled', wait: 2 });
    });

    it('does not go faster many at once', async () => {
      await active();
      const results = await Promise.all(Array.from({ length: 30 }, () => enter('wrong')));
      expect(
        results.filter((result) => 'refused' in result && result.refused === 'wrong'),
      ).toHaveLength(5);
    });

    it('of one person from one network leaves the owner alone, elsewhere', async () => {
      await active();
      for (let n = 0; n < 50; n += 1) await enter('wrong', { network: '198.51.100.1' });
      expect(await enter(password, { network: '192.0.2.7' })).toHaveProperty('account');
    });

    it('of one person by a crowd slows the crowd down', async () => {
      await active();
      for (let n = 0; n < 20; n += 1) await enter('wrong', { network: `198.51.100.${n}` });
      expect(await enter('wrong', { network: '198.51.100.99' })).toMatchObject({
        refused: 'throttled',
      });
    });

    it('by a crowd leaves the owner alone: with a browser and in a network they know', async () => {
      await active();
      const device = deviceOf(await enter(password, { network: '192.0.2.7' }));
      for (let n = 0; n < 40; n += 1) await enter('wrong', { network: `198.51.100.${n}` });
      const elsewhere = '203.0.113.5';
      expect(await enter(password, { network: elsewhere })).toMatchObject({ refused: 'throttled' });
      expect(await enter(password, { network: elsewhere, device })).toHaveProperty('account');
      expect(await enter(password, { network: '192.0.2.7' })).toHaveProperty('account');
    });

    it('from the own network does not lock out a browser that is known', async () => {
      await active();
      const device = deviceOf(await enter(password));
      for (let n = 0; n < 20; n += 1) await enter('wrong');
      expect(await enter(password)).toMatchObject({ refused: 'throttled' });
      expect(await enter(password, { device })).toHaveProperty('account');
    });

    it('with the cookie of another person’s browser is guessing like any other', async () => {
      await active();
      await people.changes.add({ user: `${users}42/`, email: 'bob@example.com', name: 'Bob' }, by);
      const device = deviceOf(await enter(password));
      for (let n = 0; n < 5; n += 1) await enter('wrong', { email: 'bob@example.com', device });
      expect(await enter('wrong', { email: 'bob@example.com', device })).toMatchObject({
        refused: 'throttled',
      });
    });

    it('of many people from one network (spraying) waits', async () => {
      const throttled = make({ freePerNetwork: 10 }).signIn;
      for (let n = 0; n < 10; n += 1)
        await enter('wrong', { email: `p${n}@example.com` }, throttled);
      expect(await enter('wrong', { email: 'p99@example.com' }, throttled)).toMatchObject({
        refused: 'throttled',
      });
    });

    it('is forgotten after a day, and a clock that was wrong blocks nobody for long', async () => {
      await active();
      now += 1_000_000;
      for (let n = 0; n < 10; n += 1) await enter('wrong');
      now -= 1_000_000;
      expect(await enter(password)).toHaveProperty('account');
      for (let n = 0; n < 8; n += 1) await enter('wrong');
      now += 86_401;
      expect(await enter('wrong')).toEqual({ refused: 'wrong' });
    });

    it('is off where the limits say so', async () => {
      await active();
      const { signIn } = make({ freePerPair: 0, freePerNetwork: 0, freePerAccount: 0 });
      for (let n = 0; n < 30; n += 1) {
        expect(await enter('wrong', {}, signIn)).toEqual({ refused: 'wrong' });
      }
    });
  });

  describe('a link', () => {
    const set = (token: string, purpose: 'invitation' | 'reset', typed = password) =>
      people.newPasswords.set({ token, purpose, password: typed, address: '192.0.2.7' });

    it('invites: its mail is handed over, and it sets a password once', async () => {
      await invited();
      await send();
      expect(mails).toMatchObject([{ type: 'invitation', user: ada.user, email: ada.email }]);
      const [mail] = mails;
      expect(mail?.link).toMatch(/^https:\/\/auth\.example\/people\/invitation\/[\w-]{43}$/);
      const token = tokenIn(mail!);
      expect(await people.newPasswords.accountOf(token, 'invitation')).toMatchObject({
        name: 'Ada',
      });
      expect(await set(token, 'invitation')).toMatchObject({
        account: { state: 'active', emailVerified: true },
      });
      expect(await set(token, 'invitation')).toEqual({ refused: 'link' });
      expect(await enter(password)).toHaveProperty('account');
    });

    it('stands in no table', async () => {
      await invited();
      await send();
      const { rows } = await database.execute('select * from people_links');
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(tokenIn(mails[0]!));
    });

    it('sets one password only, however many are set at once', async () => {
      await invited();
      await send();
      const token = tokenIn(mails[0]!);
      const results = await Promise.all(Array.from({ length: 8 }, () => set(token, 'invitation')));
      expect(results.filter((result) => 'account' in result)).toHaveLength(1);
    });

    it.each<[string, string]>([
      ['too short', 'short'],
      ['common', 'password1234'],
      ['one character', 'aaaaaaaaaaaaaaaa'],
      ['little more than the address', 'ada@example.com1'],
    ])('is good still after a password that is %s', async (_what, typed) => {
      await invited();
      await send();
      const token = tokenIn(mails[0]!);
      expect(await set(token, 'invitation', typed)).toHaveProperty('refused');
      expect(await set(token, 'invitation')).toHaveProperty('account');
    });

    it('resets: logs out everywhere, and forgets which browsers were known', async () => {
      await active();
      const device = deviceOf(await enter(password));
      await people.newPasswords.request('ADA@example.com');
      await send();
      expect(mails).toMatchObject([{ type: 'password-reset' }]);
      expect(
        await set(tokenIn(mails[0]!), 'reset', 'another lamp, another harbour'),
      ).toHaveProperty('account');
      expect(ended).toEqual([ada.user]);
      expect(await enter(password, { device })).toEqual({ refused: 'wrong' });
      const { rows } = await database.execute('select 1 from people_known_places');
      expect(rows).toEqual([]);
    });

    it.each(['nobody@example.com', 'not an address', '', 'a@b', 'x'.repeat(300)])(
      'is sent to nobody for %j',
      async (email) => {
        await active();
        await people.newPasswords.request(email);
        await send();
        expect(mails).toEqual([]);
        const { rows } = await database.execute('select 1 from people_reset_requests');
        expect(rows).toEqual([]);
      },
    );

    it('to reset is sent to nobody who has no password, or may not log in', async () => {
      await invited();
      await send();
      mails = [];
      await people.newPasswords.request(ada.email);
      await send();
      expect(mails).toEqual([]);
    });

    it('is sent three times at most, and the first is still good', async () => {
      await active();
      for (let n = 0; n < 10; n += 1) {
        await people.newPasswords.request(ada.email);
        await send();
      }
      expect(mails).toHaveLength(3);
      expect(await set(tokenIn(mails[0]!), 'reset')).toHaveProperty('account');
      expect(await set(tokenIn(mails[2]!), 'reset')).toEqual({ refused: 'link' });
    });

    it.each([
      ['invitation', 72 * 3600],
      ['reset', 1800],
    ] as const)('for %s ends', async (purpose, life) => {
      if (purpose === 'invitation') await invited();
      else {
        await active();
        await people.newPasswords.request(ada.email);
      }
      await send();
      now += life - 1;
      expect(await people.newPasswords.accountOf(tokenIn(mails[0]!), purpose)).toBeDefined();
      now += 1;
      expect(await set(tokenIn(mails[0]!), purpose)).toEqual({ refused: 'link' });
    });

    it('of one purpose is none of the other', async () => {
      await invited();
      await send();
      expect(await set(tokenIn(mails[0]!), 'reset')).toEqual({ refused: 'link' });
    });

    it('waits while Herald is away, is the same at every attempt, and lives from then on', async () => {
      await invited();
      herald = () => {
        throw new Error('away');
      };
      await send();
      expect(await people.links.takeDue(database, 1, 0)).toEqual([]);
      now += 3_000;
      herald = () => 'taken';
      mails = [];
      await send();
      expect(mails).toHaveLength(1);
      const first = mails[0];
      now += 72 * 3600 - 1;
      expect(await people.newPasswords.accountOf(tokenIn(first!), 'invitation')).toBeDefined();
    });

    it('asks Herald under the same id again when an answer was lost', async () => {
      await invited();
      const asked: LinkMail[] = [];
      herald = (mail) => {
        asked.push(mail);
        if (asked.length === 1) throw new Error('cut off');
        return 'taken';
      };
      await send();
      now += 10;
      await send();
      expect(asked).toHaveLength(2);
      expect(asked[0]).toEqual(asked[1]);
    });

    it('is dropped when Herald says that nobody can be reached', async () => {
      await invited();
      herald = () => 'refused';
      await send();
      const { rows } = await database.execute('select 1 from people_links');
      expect(rows).toEqual([]);
    });

    it('of an invitation ends when another is sent, or the address changes', async () => {
      const { id } = await invited();
      await send();
      await people.changes.invite(id, by);
      await send();
      expect(mails).toHaveLength(2);
      expect(await set(tokenIn(mails[0]!), 'invitation')).toEqual({ refused: 'link' });
      const change = { email: 'new@example.com', name: 'Ada', disabled: false };
      await people.changes.change(id, change, 1, by);
      expect(await set(tokenIn(mails[1]!), 'invitation')).toEqual({ refused: 'link' });
    });
  });

  describe('an external identity', () => {
    const provider = { issuer: 'https://id.example', subject: '248289761001' };

    it('is bound to an invited account once, and to no second one', async () => {
      const { id } = await invited();
      expect(await accounts.bind(database, id, provider)).toMatchObject({
        state: 'active',
        emailVerified: true,
      });
      expect(await accounts.findByProvider(provider)).toMatchObject({ user: ada.user });
      expect(await accounts.bind(database, id, { ...provider, subject: 'other' })).toBeUndefined();
      const bob = await people.changes.add(
        { user: `${users}42/`, email: 'bob@example.com', name: 'Bob' },
        by,
      );
      await expect(accounts.bind(database, bob.id, provider)).rejects.toThrow();
    });
  });

  describe('a file of accounts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'accounts-'));
    const path = join(folder, 'accounts.json');
    afterAll(() => rmSync(folder, { recursive: true }));

    /** Starts with a file of one person, in a server for these users. */
    const apply = (user: string, subjects: readonly string[], mode = 0o600) => {
      const person = { user, email: 'Ada@example.test', name: 'Ada', password };
      writeFileSync(path, JSON.stringify({ people: [person] }));
      chmodSync(path, mode);
      return applyPeopleFile({ path, accounts, passwords, subjects });
    };
    const userOf = async (email: string) => (await accounts.findByEmail(email))?.account.user;

    it('makes an account once, that can be used at once', async () => {
      await apply(`${users}1/`, [users]);
      const made = await accounts.findByEmail('ada@example.test');
      expect(made?.account).toMatchObject({ user: `${users}1/`, state: 'active' });
      await apply(`${users}1/`, [users]);
      expect((await accounts.findByEmail('ada@example.test'))?.account).toEqual(made?.account);
    });

    it('leaves an address alone that somebody else of ours has', async () => {
      await apply(`${users}1/`, [users]);
      await apply(`${users}2/`, [users]);
      expect(await userOf('ada@example.test')).toBe(`${users}1/`);
    });

    it('makes an account anew whose user has moved to where the users are now', async () => {
      await apply(`${users}1/`, [users]);
      const moved = 'https://census.example:8443/user/';
      await apply(`${moved}1/`, [moved]);
      expect(await userOf('ada@example.test')).toBe(`${moved}1/`);
    });

    it('is refused where others may read it, or where its users are not ours', async () => {
      await expect(apply(`${users}1/`, [users], 0o644)).rejects.toThrow('ACCOUNTS_FILE');
      await expect(apply('https://evil.example/1/', [users])).rejects.toThrow('PEOPLE_SUBJECTS');
      expect(await userOf('ada@example.test')).toBeUndefined();
    });
  });
}
