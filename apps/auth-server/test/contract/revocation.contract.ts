import { Versions, versionsMigrations } from '@countersign/runtime';
import type { Database, Migrations } from '@countersign/storage';
import { until } from '@countersign/testing';

import { AuditStore } from '../../src/audit/audit-store.js';
import { auditMigrations } from '../../src/audit/audit.table.js';
import { LiveRevocations } from '../../src/status/live-revocations.js';
import { RevocationList } from '../../src/status/revocation-list.js';
import { RevocationPruning } from '../../src/status/revocation-pruning.js';
import { RevocationStore } from '../../src/status/revocation-store.js';
import type { RevocableToken } from '../../src/status/revocations.js';
import { statusMigrations } from '../../src/status/status.migrations.js';

const by = { client: 'ops', address: '192.0.2.1' };
const lifetime = 3_600;

/** The rules of revocation, on whatever database `open` opens, empty and with these migrations. */
export function revocationContract(
  open: (migrations: readonly Migrations[]) => Promise<Database>,
): void {
  let database: Database;
  let audit: AuditStore;
  let now = 1_800_000_000.5;
  let monotonic = 0;
  const clock = { now: () => now, monotonic: () => monotonic };
  const replicas: Versions[] = [];

  const replica = async (capacity = 100) => {
    const versions = new Versions(database, clock, { pollEvery: 50 });
    replicas.push(versions);
    const list = new RevocationList();
    const held = () => list.size;
    const deps = { database, versions, audit, clock, longestLifetime: lifetime, held, capacity };
    const store = new RevocationStore(deps);
    const live = new LiveRevocations(store, versions, list, clock);
    await live.start();
    return { versions, list, store, live };
  };
  const token = (about: Partial<RevocableToken>): RevocableToken => ({
    jti: 'other',
    clients: ['other'],
    subject: 'other',
    kid: 'other',
    issuedAt: Math.floor(now),
    ...about,
  });
  const entries = async () => (await replica()).live.list.after(0, 1_000);

  beforeAll(async () => {
    database = await open([versionsMigrations, auditMigrations, statusMigrations]);
    audit = new AuditStore(database);
  }, 60_000);
  beforeEach(async () => {
    now = 1_800_000_000.5;
    monotonic = 0;
    await database.execute('delete from revocations');
  });
  afterEach(async () => {
    for (const versions of replicas.splice(0)) await versions.onApplicationShutdown();
  });
  afterAll(() => database.close());

  it('revokes nothing of itself', async () => {
    const { live } = await replica();
    expect(live.isRevoked(token({}))).toBe(false);
    expect(live.list.size).toBe(0);
  });

  it('revokes one token, and no other, on every replica', async () => {
    const [one, two] = [await replica(), await replica()];
    await one.store.revokeToken({ jti: 'a', expiresAt: now + 60 }, by);
    expect(one.live.isRevoked(token({ jti: 'a' }))).toBe(true);
    await until(() => two.live.isRevoked(token({ jti: 'a' })));
    expect(two.live.isRevoked(token({ jti: 'A' }))).toBe(false);
    expect(two.live.isRevoked(token({ clients: ['a'], subject: 'a', kid: 'a' }))).toBe(false);
    expect(two.live.isRevoked(token({ jti: undefined, kid: undefined }))).toBe(false);
  });

  it.each([
    [
      'client',
      (name: string) => ({ clients: [name] }),
      (store: RevocationStore) => store.revokeClient('x', by),
    ],
    [
      'client that acted earlier',
      (name: string) => ({ clients: ['other', name] }),
      (store: RevocationStore) => store.revokeClient('x', by),
    ],
    [
      'subject',
      (subject: string) => ({ subject }),
      (store: RevocationStore) => store.revokeSubject('x', by),
    ],
  ] as const)(
    'revokes what a %s was issued until now, and nothing later',
    async (_, named, revoke) => {
      const { store, live } = await replica();
      await revoke(store);
      await until(() => live.list.size === 1);
      const second = Math.floor(now);
      expect(live.isRevoked(token({ ...named('x'), issuedAt: second - 1_000 }))).toBe(true);
      // Tokens know whole seconds: those of this one may have come before or after.
      expect(live.isRevoked(token({ ...named('x'), issuedAt: second }))).toBe(true);
      expect(live.isRevoked(token({ ...named('x'), issuedAt: second + 1 }))).toBe(false);
      expect(live.isRevoked(token({ ...named('y'), issuedAt: second }))).toBe(false);
      expect(live.isRevoked(token({ jti: 'x', issuedAt: second }))).toBe(false);
    },
  );

  it('revokes whatever a key signs, whenever', async () => {
    const { store, live } = await replica();
    await store.revokeKey('k', now + 1_000, by);
    await until(() => live.list.size === 1);
    expect(live.isRevoked(token({ kid: 'k', issuedAt: now + 500 }))).toBe(true);
    expect(live.isRevoked(token({ kid: 'j' }))).toBe(false);
  });

  it('revokes a key in the transaction that drops it, or not at all', async () => {
    const { store } = await replica();
    const compromise = store.onCompromised(by);
    const undone = database.transaction(async (tx) => {
      await compromise(tx, 'undone', now + 1_000);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    await database.transaction((tx) => compromise(tx, 'dropped', now + 1_000));
    expect(await entries()).toEqual([
      { kind: 'key', value: 'dropped', version: expect.any(Number), expiresAt: 1_800_001_001 },
    ]);
  });

  it('keeps each for as long as a token that it means may live', async () => {
    const { store } = await replica();
    await store.revokeToken({ jti: 't', expiresAt: 1_800_000_060 }, by);
    await store.revokeClient('c', by);
    const [one, two] = await entries();
    expect(one?.expiresAt).toBe(1_800_000_060 + 60);
    expect(two).toMatchObject({ before: 1_800_000_001, expiresAt: 1_800_000_001 + lifetime + 60 });
  });

  it('numbers them as they commit, however many come at once', async () => {
    const [one, two] = [await replica(), await replica()];
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        [one, two][n % 2]!.store.revokeToken({ jti: `t${n}`, expiresAt: now + 60 }, by),
      ),
    );
    const versions = (await entries()).map(({ version }) => version);
    expect(new Set(versions).size).toBe(20);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    await until(() => one.live.list.size === 20 && two.live.list.size === 20);
    expect(one.live.position).toEqual(two.live.position);
  });

  it('keeps one of each, the later one, and never shortens it', async () => {
    const { store, live } = await replica();
    await store.revokeClient('c', by);
    await store.revokeToken({ jti: 't', expiresAt: now + 60 }, by);
    now += 100;
    await store.revokeClient('c', by);
    now -= 1_000;
    await store.revokeClient('c', by);
    const found = await entries();
    expect(found.map(({ kind }) => kind)).toEqual(['token', 'client']);
    expect(found[1]).toMatchObject({ before: 1_800_000_101 });
    await until(() => live.position.version === found[1]!.version);
    expect(live.list.after(0, 10)).toEqual(found);
  });

  it.each([
    ['nothing', ''],
    ['more than any id', 'x'.repeat(1_025)],
    ['a line break', 'a\nb'],
    ['a NUL', 'a\0'],
  ])('refuses to revoke %s', async (_what, value) => {
    const { store } = await replica();
    const refused = { name: 'RevocationRefused', why: 'value' };
    await expect(store.revokeSubject(value, by)).rejects.toMatchObject(refused);
    await expect(store.revokeKey(value, now + 1, by)).rejects.toMatchObject(refused);
    expect(await entries()).toEqual([]);
  });

  it('refuses single tokens first when guards could hold no more, and keys never', async () => {
    const { store, live } = await replica(10);
    for (let n = 0; n < 9; n += 1) await store.revokeToken({ jti: `${n}`, expiresAt: now }, by);
    await until(() => live.list.size === 9);
    const refused = { name: 'RevocationRefused', why: 'capacity' };
    await expect(store.revokeToken({ jti: 'x', expiresAt: now }, by)).rejects.toMatchObject(
      refused,
    );
    await store.revokeClient('c', by);
    await until(() => live.list.size === 10);
    await expect(store.revokeClient('d', by)).rejects.toMatchObject(refused);
    await store.revokeKey('k', now + 1, by);
    await until(() => live.isRevoked(token({ kid: 'k' })));
  });

  it('writes into the audit log who revoked what', async () => {
    const { store } = await replica();
    const about = { clientId: 'web', subject: 'u' };
    await store.revokeToken({ jti: 'audited', expiresAt: now + 60, ...about }, by);
    await store.revokeClient('c', by);
    await store.revokeSubject('s', by);
    await store.revokeKey('k', now + 60, by);
    const { events } = await audit.find({ from: now, to: now + 1, limit: 4 });
    const common = { at: now, id: expect.any(String), actor: 'ops', address: '192.0.2.1' };
    expect([...events].reverse()).toEqual([
      { ...common, event: 'token.revoked', jti: 'audited', client: 'web', subject: 'u' },
      { ...common, event: 'client.revoked', client: 'c', detail: { before: 1_800_000_001 } },
      { ...common, event: 'subject.revoked', subject: 's', detail: { before: 1_800_000_001 } },
      { ...common, event: 'key.revoked', kid: 'k' },
    ]);
  });

  it('answers 503 when it has not heard of revocations for 30 seconds', async () => {
    const { live, versions } = await replica();
    await versions.onApplicationShutdown();
    monotonic += 29_000;
    expect(live.isRevoked(token({}))).toBe(false);
    monotonic += 2_000;
    expect(() => live.isRevoked(token({}))).toThrow(expect.objectContaining({ status: 503 }));
    expect(() => live.position).toThrow(expect.objectContaining({ status: 503 }));
  });

  it('says of which time its knowledge is', async () => {
    const { live, versions } = await replica();
    await versions.onApplicationShutdown();
    now += 7;
    monotonic += 7_000;
    expect(live.knownAt).toBeCloseTo(now - 7, 0);
  });

  it('forgets what no living token needs, an hour later', async () => {
    const { store, live, list } = await replica();
    const pruning = new RevocationPruning({ database, store, list, clock });
    await store.revokeToken({ jti: 'short', expiresAt: now + 60 }, by);
    await store.revokeToken({ jti: 'long', expiresAt: now + 6_000 }, by);
    await until(() => list.size === 2);
    now += 3_600;
    await pruning.run();
    expect(live.isRevoked(token({ jti: 'short' }))).toBe(true);
    now += 200;
    await pruning.run();
    expect(list.after(0, 10).map(({ value }) => value)).toEqual(['long']);
    expect((await entries()).map(({ value }) => value)).toEqual(['long']);
  });

  it('begins a new epoch by command: everybody reads everything again', async () => {
    const [one, two] = [await replica(), await replica()];
    await one.store.revokeToken({ jti: 'a', expiresAt: now + 60 }, by);
    await until(() => two.live.list.size === 1);
    const { epoch } = two.live.position;
    await one.store.startOver(by);
    await until(() => two.live.position.epoch !== epoch);
    expect(two.live.isRevoked(token({ jti: 'a' }))).toBe(true);
    await until(() => one.live.position.epoch === two.live.position.epoch);
  });

  it('begins a new epoch by itself when the database turns out to be an older one', async () => {
    const { store, live } = await replica();
    await store.revokeToken({ jti: 'a', expiresAt: now + 60 }, by);
    await store.revokeToken({ jti: 'b', expiresAt: now + 60 }, by);
    await until(() => live.list.size === 2);
    const { epoch } = live.position;
    await database.transaction(async (tx) => {
      await tx.execute(`delete from revocations where value = 'b'`);
      await tx.execute(`update versions set version = version - 1 where topic = 'revocations'`);
    });
    await until(() => live.position.epoch !== epoch);
    expect(live.isRevoked(token({ jti: 'a' }))).toBe(true);
    expect(live.isRevoked(token({ jti: 'b' }))).toBe(false);
  });
}
