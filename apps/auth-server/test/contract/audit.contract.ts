import { randomInt } from 'node:crypto';

import type { Database, Migrations } from '@countersign/storage';

import type { AuditEvent } from '../../src/audit/audit-event.js';
import type { AuditPage, AuditQuery } from '../../src/audit/audit-query.js';
import { AuditRetention } from '../../src/audit/audit-retention.js';
import { AuditStore } from '../../src/audit/audit-store.js';
import { auditMigrations } from '../../src/audit/audit.table.js';
import { Audit } from '../../src/audit/audit.js';

/** Opens an empty database with these migrations. */
export type OpenDatabase = (migrations: readonly Migrations[]) => Promise<Database>;

const day = 86_400;
const now = Date.now() / 1000;

const full: Required<AuditEvent> = {
  at: 1_795_000_000.25,
  event: 'token.issued',
  client: 'web',
  subject: 'https://census.example/user/42/',
  audience: 'https://herald.example/',
  scopes: ['notifications:send', 'notifications:read'],
  code: 'none',
  kid: 'key-1',
  jti: 'token-1',
  grantType: 'client_credentials',
  method: 'client_secret_basic',
  credential: 'secret-1',
  address: '127.0.0.1',
  actor: 'admin',
  detail: { reason: 'because', depth: 2, chain: ['a', 'b'] },
};

/** The rules of the audit log, on whatever database `open` opens. */
export function auditContract(open: OpenDatabase): void {
  let database: Database;
  let store: AuditStore;
  beforeAll(async () => {
    database = await open([auditMigrations]);
    store = new AuditStore(database);
  }, 60_000);
  afterAll(() => database.close());

  const add = (...events: AuditEvent[]) => store.add(events.map((event) => store.prepare(event)));
  const pages = async (query: AuditQuery) => {
    const found: AuditPage[] = [];
    let after: string | undefined;
    do {
      found.push(await store.find({ ...query, after }));
      after = found.at(-1)?.next;
    } while (after !== undefined);
    return found;
  };

  it('returns an event as it was recorded', async () => {
    await add(full);
    const { events, next } = await store.find({ client: 'web', to: full.at + 1 });
    expect(events).toEqual([{ ...full, id: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    expect(next).toBeUndefined();
  });

  it('leaves out what an event does not say', async () => {
    await add({ at: 1_000_000, event: 'bare' });
    const { events } = await store.find({ event: 'bare' });
    expect(events).toEqual([{ id: expect.any(String), at: 1_000_000, event: 'bare' }]);
  });

  it('records an event once, however often its batch is sent', async () => {
    const rows = [
      store.prepare({ at: 5, event: 'twice' }),
      store.prepare({ at: 6, event: 'twice' }),
    ];
    await store.add(rows);
    await store.add(rows);
    expect((await store.find({ event: 'twice' })).events).toHaveLength(2);
  });

  it('records a change in the transaction that makes it, or not at all', async () => {
    await database.transaction((tx) => store.write(tx, { at: 1, event: 'change.made' }));
    const failing = database.transaction(async (tx) => {
      await store.write(tx, { at: 1, event: 'change.undone' });
      throw new Error('undo');
    });
    await expect(failing).rejects.toThrow('undo');
    expect((await store.find({ event: 'change.made' })).events).toHaveLength(1);
    expect((await store.find({ event: 'change.undone' })).events).toEqual([]);
  });

  describe('questions', () => {
    const from = 2_000_000_000;
    const subject = 'https://census.example/user/7/';
    beforeAll(async () => {
      const events = Array.from({ length: 25 }, (_, n): AuditEvent => ({
        at: from + Math.floor(n / 5),
        event: n % 5 === 0 ? 'token.refused' : 'token.issued',
        client: n % 2 === 0 ? 'even' : 'odd',
        ...(n % 5 === 0 ? { code: 'invalid_scope' } : { subject }),
        detail: { n },
      }));
      await add(...events);
    });
    const numbers = (events: AuditPage['events']) => events.map(({ detail }) => detail?.['n']);

    it('pages through everything once, newest first', async () => {
      const found = await pages({ from, limit: 4 });
      expect(found.map(({ events }) => events.length)).toEqual([4, 4, 4, 4, 4, 4, 1]);
      const all = found.flatMap(({ events }) => numbers(events));
      expect(all).toEqual(Array.from({ length: 25 }, (_, n) => 24 - n));
    });

    it('does not shift a page because of what is recorded meanwhile', async () => {
      const first = await store.find({ from, client: 'odd', limit: 5 });
      await add({ at: from + 100, event: 'token.issued', client: 'odd', detail: { n: 100 } });
      const second = await store.find({ from, client: 'odd', limit: 5, after: first.next });
      expect(numbers(second.events)).toEqual([13, 11, 9, 7, 5]);
    });

    it.each<[string, AuditQuery, number[]]>([
      ['from a time on', { from: from + 4, to: from + 5 }, [24, 23, 22, 21, 20]],
      ['until before a time', { from, to: from + 1 }, [4, 3, 2, 1, 0]],
      ['by client', { from, to: from + 1, client: 'even' }, [4, 2, 0]],
      ['by subject', { from, to: from + 1, subject }, [4, 3, 2, 1]],
      ['by code', { from, code: 'invalid_scope' }, [20, 15, 10, 5, 0]],
      ['by event', { from, event: 'token.refused' }, [20, 15, 10, 5, 0]],
      ['by the usual event', { from, to: from + 1, event: 'token.issued' }, [4, 3, 2, 1]],
      ['by all at once', { from, event: 'token.refused', client: 'odd' }, [15, 5]],
      ['an unknown client', { from, client: 'nobody' }, []],
      ['a wildcard, which is none', { from, client: '%' }, []],
      ['SQL, which is none', { from, client: `' or 1=1 --` }, []],
      ['a NUL', { from, client: 'od\0d' }, []],
    ])('finds %s', async (_what, query, expected) => {
      expect(numbers((await store.find(query)).events)).toEqual(expected);
    });

    it.each<[string, AuditQuery]>([
      ['a cursor that is none', { after: `x' or '1'='1` }],
      ['a cursor in capitals', { after: 'A'.repeat(36) }],
      ['a limit of 0', { limit: 0 }],
      ['a limit below 0', { limit: -1 }],
      ['half a limit', { limit: 1.5 }],
      ['a time that is no number', { from: Number.NaN }],
      ['an endless time', { to: Infinity }],
    ])('refuses %s', async (_what, query) => {
      await expect(store.find(query)).rejects.toMatchObject({ name: 'AuditQueryError' });
    });

    it('gives 500 events at most, whatever is asked', async () => {
      await add(...Array.from({ length: 501 }, () => ({ at: 3_000_000_000, event: 'flood' })));
      const { events, next } = await store.find({ event: 'flood', limit: 1e9 });
      expect(events).toHaveLength(500);
      expect(next).toBeDefined();
    });
  });

  describe('hostile values', () => {
    it.each([
      ['line breaks', 'a\nb\r\nlevel=info'],
      ['ANSI escapes', '\u001b[2K\u001b[31mred\u009b0m'],
      ['a text that reads backwards', '\u202egnp.exe'],
      ['quotes and backslashes', `'"\\'); drop table audit_events; --`],
      ['braces', '{"a":1},[null]'],
      ['an emoji', '🗝️'],
      [
        'every control character',
        String.fromCharCode(...Array.from({ length: 31 }, (_, n) => n + 1)),
      ],
    ])('keeps %s as data', async (_what, value) => {
      await add({ at: 7, event: 'hostile', client: value, detail: { value }, scopes: [value] });
      const { events } = await store.find({ client: value, event: 'hostile' });
      expect(events).toMatchObject([{ client: value, detail: { value }, scopes: [value] }]);
    });

    it.each([
      ['NUL', 'a\0b', 'a\ufffdb'],
      ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
      ['the other half', '\udfff', '\ufffd'],
    ])('replaces %s, which the database cannot hold', async (_what, value, kept) => {
      await add({ at: 8, event: 'unstorable', client: value, detail: { value }, scopes: [value] });
      const { events } = await store.find({ event: 'unstorable', client: kept });
      expect(events[0]).toMatchObject({ client: kept, detail: { value: kept }, scopes: [kept] });
    });

    it('cuts what is too long', async () => {
      const long = 'x'.repeat(100_000);
      const scopes = Array.from({ length: 10_000 }, () => 'a');
      await add({ at: 9, event: 'long', client: long, scopes, detail: { long } });
      const [event] = (await store.find({ event: 'long' })).events;
      expect(event?.client).toHaveLength(1025);
      expect(event?.scopes).toHaveLength(128);
      expect(JSON.stringify(event)).not.toContain('x'.repeat(1025));
    });

    it('cuts what no index would take', async () => {
      const symbols = Array.from({ length: 1_024 }, () =>
        String.fromCodePoint(0x1f300 + randomInt(768)),
      );
      await add({ at: 9, event: 'wide', client: symbols.join(''), subject: symbols.join('') });
      const [event] = (await store.find({ event: 'wide' })).events;
      expect(event?.client).toBe(`${symbols.slice(0, 256).join('')}…`);
    });

    it('cuts out a token or a secret that was sent in the place of an id', async () => {
      const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
      const token = [part({ alg: 'ES256' }), part({ sub: 'a' }), 'c2lnbmF0dXJl'].join('.');
      const secret = `cs_web_${'s'.repeat(43)}abcdef`;
      await add({ at: 10, event: 'leak', client: token, kid: secret, detail: { token, secret } });
      const [event] = (await store.find({ event: 'leak' })).events;
      expect(event).toMatchObject({
        client: '[token]',
        kid: '[secret]',
        detail: { token: '[token]', secret: '[secret]' },
      });
    });
  });

  it.each([
    ['a change', `update audit_events set client = 'other'`],
    ['a change of nothing', `update audit_events set client = 'other' where false`],
    [
      'an upsert',
      `insert into audit_events select * from audit_events limit 1
                   on conflict (id) do update set client = 'other'`,
    ],
    ['emptying', 'truncate audit_events'],
  ])('refuses %s', async (_what, statement) => {
    await expect(database.execute(statement)).rejects.toThrow('append-only');
  });

  it('refuses to remove what is young', async () => {
    await add({ at: now, event: 'young' });
    const removal = database.execute(`delete from audit_events where event = 'young'`);
    await expect(removal).rejects.toThrow('append-only');
    expect((await store.find({ event: 'young' })).events).toHaveLength(1);
  });

  it('removes what is old in small bites, and nothing else', async () => {
    const old = Array.from({ length: 25 }, () => ({ at: now - 40 * day, event: 'old' }));
    await add(...old, { at: now - 20 * day, event: 'kept' });
    const bites: number[] = [];
    const counting = {
      removeBefore: async (before: number, limit: number) => {
        const removed = await store.removeBefore(before, limit);
        bites.push(removed);
        return removed;
      },
    } as AuditStore;
    await store.removeBefore(now - 50 * day, 100_000);
    const clock = { now: () => now, monotonic: () => 0 };
    const options = { keep: 30 * day, batchSize: 10 };
    await new AuditRetention(counting, database, clock, options).run();
    expect(bites).toEqual([10, 10, 5]);
    expect((await store.find({ event: 'old' })).events).toEqual([]);
    expect((await store.find({ event: 'kept' })).events).toHaveLength(1);
  });

  it('takes a thousand events in their order, through the queue', async () => {
    const audit = new Audit(store);
    for (let n = 0; n < 1_000; n += 1)
      audit.record({ at: 4_000_000_000, event: 'queued', detail: { n } });
    await audit.drain();
    const found = (await pages({ event: 'queued', limit: 500 })).flatMap(({ events }) => events);
    expect(found.map(({ detail }) => detail?.['n'])).toEqual(
      Array.from({ length: 1_000 }, (_, n) => 999 - n),
    );
  });
}
