import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { openDatabase, type Database } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { until } from '@countersign/testing';
import type { AsymmetricAlgorithm, Clock } from '@countersign/token';

import {
  KeyNotFound,
  RotationTooSoon,
  signingKeysMigrations,
  Versions,
  versionsMigrations,
  type KeyRing,
  type KeyTimeOptions,
  type SigningKeys,
  type SigningKeysOptions,
} from '../src/index.js';
import { keyTimes } from '../src/lib/keys/key-times.js';
import { startSigningKeys } from '../src/lib/keys/signing-keys.module.js';

const day = 86_400;
const sealingKey = Buffer.alloc(32, 3);

/** One process: it has a monotonic clock of its own, and shares the database with the others. */
interface Replica {
  readonly ring: KeyRing;
  readonly keys: SigningKeys;
  readonly versions: Versions;
  stop(): Promise<void>;
}

describe.each(testEngines)('KeyRing on $engine', ({ start: startDatabases }) => {
  let databases: TestDatabases;
  let database: Database;
  let root: string;
  let running: Replica[] = [];
  /** Milliseconds by which the clock of this test is ahead of the machine's. */
  let ahead = 0;
  const clock: Clock = {
    now: () => (Date.now() + ahead) / 1000,
    monotonic: () => performance.now() + ahead,
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    databases = await startDatabases();
    const url = await databases.url('key_ring');
    database = await openDatabase({ url, migrations: [versionsMigrations, signingKeysMigrations] });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await databases.stop();
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'key-ring-'));
    ahead = 0;
  });
  afterEach(async () => {
    await Promise.all(running.map((replica) => replica.stop()));
    running = [];
    await database.execute('delete from signing_keys');
    rmSync(root, { recursive: true, force: true });
  });

  const start = async (
    options: Partial<SigningKeysOptions> = {},
    times: KeyTimeOptions = {},
  ): Promise<Replica> => {
    const versions = new Versions(database, clock, { pollEvery: 20 });
    const started = await startSigningKeys({
      database,
      versions,
      times: keyTimes(times),
      options: {
        service: 'herald',
        keyEncryptionKey: sealingKey,
        dataDir: root,
        clock,
        ...options,
      },
    }).catch(async (error: unknown) => {
      await versions.onApplicationShutdown();
      throw error;
    });
    const stop = async () => {
      await started.ring.onModuleDestroy();
      await versions.onApplicationShutdown();
    };
    const replica = { ...started, versions, stop };
    running.push(replica);
    return replica;
  };
  const stop = async (replica: Replica) => {
    running = running.filter((one) => one !== replica);
    await replica.stop();
  };

  const published = ({ keys }: Replica) =>
    (JSON.parse(keys.document.body) as { keys: { kid: string; alg: string }[] }).keys.map(
      ({ kid }) => kid,
    );
  const inState = async (state: string, service = 'herald') => {
    const { rows } = await database.execute<{ kid: string }>(
      'select kid from signing_keys where state = $1 and service = $2 order by created_at, kid',
      [state, service],
    );
    return rows.map(({ kid }) => kid);
  };
  const only = async (state: string) => {
    const [kid, ...others] = await inState(state);
    expect(others).toEqual([]);
    return kid!;
  };
  /** As if everything in the database had happened this much earlier, for this process too. */
  const pass = async (seconds: number) => {
    ahead += seconds * 1000;
    await database.execute(
      `update signing_keys set since = since - make_interval(secs => $1),
       created_at = created_at - make_interval(secs => $1)`,
      [seconds],
    );
    await Promise.all(running.map(({ versions }) => versions.refresh('keys')));
  };
  /** Another process wrote: everybody looks again. */
  const tell = async () => {
    await database.transaction((tx) => running[0]!.versions.bump(tx, 'keys'));
    await Promise.all(running.map(({ versions }) => versions.refresh('keys')));
  };
  const accept = async () => undefined;

  it('makes one key that signs and one that is next, however many come first together', async () => {
    const replicas = await Promise.all(Array.from({ length: 4 }, () => start()));
    const active = await only('active');
    const next = await only('next');
    await until(() => replicas.every((replica) => published(replica).length === 2));
    for (const replica of replicas) {
      expect(replica.keys.signer().kid).toBe(active);
      expect(published(replica).sort()).toEqual([active, next].sort());
    }
  });

  it('finds the same keys again', async () => {
    const first = await start();
    const kids = published(first);
    await stop(first);
    expect(published(await start())).toEqual(kids);
  });

  it('keeps the keys of services apart', async () => {
    const herald = await start();
    const census = await start({ service: 'census' });
    expect(published(census)).toHaveLength(2);
    expect(published(census)).not.toContain(herald.keys.signer().kid);
  });

  it('keeps the active key of a database from before there were rings', async () => {
    const { keys } = await start();
    const kid = keys.signer().kid;
    await stop(running[0]!);
    await database.execute("delete from signing_keys where state = 'next'");
    const again = await start();
    expect(again.keys.signer().kid).toBe(kid);
    expect(published(again)).toHaveLength(2);
  });

  describe('rotation', () => {
    it('happens by itself, when the active key has signed long enough', async () => {
      const one = await start({}, { rotateEvery: 0.5, ...fast });
      const first = await only('active');
      await until(async () => (await inState('retiring')).includes(first));
      expect(await inState('active')).not.toContain(first);
      await until(async () => (await inState('retired')).includes(first));
      await one.versions.refresh('keys');
      expect(published(one)).not.toContain(first);
    });

    it('destroys the private half of a key that has stopped signing', async () => {
      const one = await start();
      await pass(400);
      await one.ring.rotate();
      const { rows } = await database.execute<{ state: string; sealed: boolean }>(
        'select state, sealed_private_jwk is not null as sealed from signing_keys',
      );
      expect(Object.fromEntries(rows.map(({ state, sealed }) => [state, sealed]))).toEqual({
        next: true,
        active: true,
        retiring: false,
      });
    });

    it('by command waits for the next key to be announced, and says how long', async () => {
      const one = await start();
      await expect(one.ring.rotate()).rejects.toThrow(RotationTooSoon);
      await expect(one.ring.rotate()).rejects.toMatchObject({ retryAfter: 360 });
      await pass(300);
      await expect(one.ring.rotate()).rejects.toMatchObject({ retryAfter: 60 });
      await pass(60);
      const next = await only('next');
      await one.ring.rotate();
      expect(one.keys.signer().kid).toBe(next);
      expect(published(one)).toHaveLength(3);
      await expect(one.ring.rotate()).rejects.toThrow(RotationTooSoon);
    });

    it('is not hurried by a clock of the database that leaps forward', async () => {
      const one = await start();
      const kid = one.keys.signer().kid;
      await database.execute("update signing_keys set since = since - interval '29 days'");
      await tell();
      await expect(one.ring.rotate()).rejects.toThrow(RotationTooSoon);
      expect(one.keys.signer().kid).toBe(kid);
    });

    it('is not held up by times in the future, left by a clock that was ahead', async () => {
      const one = await start();
      await database.execute("update signing_keys set since = since + interval '1 year'");
      await tell();
      ahead += 361_000;
      await one.versions.refresh('keys');
      await expect(one.ring.rotate()).resolves.toHaveLength(3);
    });

    it('happens once, when two replicas are told at the same time', async () => {
      const [one, two] = [await start(), await start()];
      await pass(400);
      const results = await Promise.allSettled([one.ring.rotate(), two.ring.rotate()]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await inState('retiring')).toHaveLength(1);
      await until(() => one.keys.signer().kid === two.keys.signer().kid);
      expect(one.keys.document.etag).toBe(two.keys.document.etag);
    });

    it('leaves the ring as it was when it breaks off half-way', async () => {
      const one = await start();
      await pass(400);
      const before = await one.ring.status();
      const broken = one.ring.rotate('ES256', () => Promise.reject(new Error('no audit')));
      await expect(broken).rejects.toThrow('no audit');
      expect((await one.ring.status()).rings).toEqual(before.rings);
      await expect(one.ring.rotate()).resolves.toHaveLength(3);
    });

    it('tells whoever listens, inside its transaction', async () => {
      const one = await start({}, { rotateEvery: 0.5, ...fast });
      const told: string[] = [];
      one.ring.onChange(async (tx, changes) => {
        const { rows } = await tx.execute("select 1 from signing_keys where state = 'retiring'");
        told.push(...changes.map(({ to }) => to), `${rows.length} retiring`);
      });
      await until(() => told.length > 0);
      expect(told).toEqual(['retiring', 'active', 'next', '1 retiring']);
    });

    it('by command tells only who gave it', async () => {
      const one = await start();
      await pass(400);
      one.ring.onChange(() => Promise.reject(new Error('not asked')));
      const told: string[] = [];
      await one.ring.rotate('ES256', async (_tx, changes) => {
        told.push(...changes.map(({ to }) => to));
      });
      expect(told).toEqual(['retiring', 'active', 'next']);
    });

    it('knows no algorithm without keys', async () => {
      await expect((await start()).ring.rotate('RS256')).rejects.toThrow(KeyNotFound);
    });
  });

  describe('an emergency', () => {
    it('signs with the next key, and publishes the compromised one no more', async () => {
      const [one, two] = [await start(), await start()];
      const bad = await only('active');
      const next = await only('next');
      const told: [string, number][] = [];
      await one.ring.emergency(bad, async (_tx, kid, keptUntil) => {
        told.push([kid, keptUntil]);
      });
      expect(one.keys.signer().kid).toBe(next);
      expect(published(one)).not.toContain(bad);
      expect(published(one)).toHaveLength(2);
      expect(told).toEqual([[bad, expect.any(Number)]]);
      expect(told[0]![1]).toBeGreaterThan(Date.now() / 1000 + 29 * day);
      await until(() => two.keys.signer().kid === next && !published(two).includes(bad));
    });

    it('replaces a next key, or drops a retiring one', async () => {
      const one = await start();
      await pass(400);
      await one.ring.rotate();
      const [active, next, retiring] = await Promise.all(['active', 'next', 'retiring'].map(only));
      await one.ring.emergency(next!, accept);
      await one.ring.emergency(retiring!, accept);
      expect(one.keys.signer().kid).toBe(active);
      expect(published(one)).toHaveLength(2);
      expect(published(one)).not.toContain(next);
      expect(published(one)).not.toContain(retiring);
    });

    it('changes nothing when receivers cannot be told', async () => {
      const one = await start();
      const kid = await only('active');
      const broken = one.ring.emergency(kid, () => Promise.reject(new Error('no feed')));
      await expect(broken).rejects.toThrow('no feed');
      expect(one.keys.signer().kid).toBe(kid);
      expect(await only('active')).toBe(kid);
    });

    it.each(['nobody', '', "' or true --", '__proto__'])('knows no key %j', async (kid) => {
      await expect((await start()).ring.emergency(kid, accept)).rejects.toThrow(KeyNotFound);
    });

    it('knows no key of another service, and none that is retired', async () => {
      const census = await start({ service: 'census' });
      const one = await start();
      const bad = await only('active');
      await expect(census.ring.emergency(bad, accept)).rejects.toThrow(KeyNotFound);
      await one.ring.emergency(bad, accept);
      await expect(one.ring.emergency(bad, accept)).rejects.toThrow(KeyNotFound);
    });
  });

  describe('another algorithm', () => {
    it.each<AsymmetricAlgorithm>(['EdDSA', 'RS256'])(
      '%s signs when its key is announced, and the default until then',
      async (algorithm) => {
        const one = await start();
        expect(one.keys.signer(algorithm).algorithm).toBe('ES256');
        await until(() => published(one).length === 3);
        expect(one.keys.signer(algorithm).algorithm).toBe('ES256');
        expect(one.keys.algorithms).toEqual(['ES256']);
        await pass(361);
        await start({}, { rotateEvery: 400, ...fast });
        await until(() => one.keys.signer(algorithm).algorithm === algorithm);
        expect(one.keys.algorithms).toEqual(['ES256', algorithm]);
        const signature = one.keys.signer(algorithm).sign(Buffer.from('input'));
        // From the thread pool: an RSA signature takes too long for the event loop.
        expect('then' in signature).toBe(algorithm === 'RS256');
        await signature;
      },
    );

    it('becomes the default when its key is announced, not before', async () => {
      const one = await start();
      const { kid } = one.keys.signer();
      await stop(one);
      const two = await start({ algorithm: 'EdDSA' });
      expect(two.keys.signer().kid).toBe(kid);
      expect(published(two)).toHaveLength(3);
      await stop(two);
      const three = await start({ algorithm: 'EdDSA' }, { rotateEvery: 400, ...fast });
      await until(() => three.keys.algorithms.length === 2);
      expect(three.keys.signer().algorithm).toBe('EdDSA');
      expect(three.keys.algorithms).toEqual(['EdDSA', 'ES256']);
    });

    it('is looked after by replicas that never asked for it, and not one more is made', async () => {
      const [one, two] = [await start(), await start()];
      for (const algorithm of ['EdDSA', 'ES384', 'ES512', 'RS256'] as const) {
        one.keys.signer(algorithm);
      }
      await until(() => published(two).length === 6);
      for (const algorithm of ['PS256', 'RS256'] as const) two.keys.signer(algorithm);
      const bad = published(two).at(0)!;
      await two.ring.emergency(bad, accept);
      expect(published(two)).toHaveLength(6);
      expect(published(two)).not.toContain(bad);
    });

    it('has its keys announced as soon as somebody says that it will be needed', async () => {
      const one = await start({}, { rotateEvery: 400, ...fast });
      one.ring.follow(() => ['ES256', 'EdDSA']);
      await until(async () => (await inState('active')).length === 2);
      await one.versions.refresh('keys');
      expect(one.keys.algorithms).toEqual(['ES256', 'EdDSA']);
    });

    it('is not made without end', async () => {
      const one = await start();
      const many: AsymmetricAlgorithm[] = ['EdDSA', 'ES384', 'ES512', 'RS256', 'PS256', 'PS512'];
      for (const algorithm of many) one.keys.signer(algorithm);
      await until(() => published(one).length === 6);
      for (const algorithm of many) one.keys.signer(algorithm);
      await tell();
      expect(published(one)).toHaveLength(6);
    });
  });

  describe('a restored backup', () => {
    const backup = async () => (await database.execute('select * from signing_keys')).rows;
    const restore = async (rows: Record<string, unknown>[]) => {
      await database.execute('delete from signing_keys');
      for (const row of rows) {
        await database.execute(
          `insert into signing_keys (kid, service, algorithm, public_jwk, sealed_private_jwk, state,
           created_at, since, compromised) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          ['kid', 'service', 'algorithm', 'public_jwk', 'sealed_private_jwk', 'state']
            .map((name) => row[name])
            .concat([row['created_at'], row['since'], row['compromised']]),
        );
      }
    };

    it('does not sign with a key that was dropped since', async () => {
      const one = await start();
      const before = await backup();
      const bad = await only('active');
      const next = await only('next');
      await one.ring.emergency(bad, accept);
      await stop(one);
      await restore(before);
      const again = await start();
      expect(published(again)).not.toContain(bad);
      expect(again.keys.signer().kid).toBe(next);
    });

    it('is noticed while it runs', async () => {
      const [one, two] = [await start(), await start({ dataDir: join(root, 'two') })];
      const before = await backup();
      const bad = await only('active');
      await one.ring.emergency(bad, accept);
      await two.versions.refresh('keys');
      await restore(before);
      await database.execute("update versions set version = version - 1 where topic = 'keys'");
      await Promise.all([one.versions.refresh('keys'), two.versions.refresh('keys')]);
      for (const replica of [one, two]) {
        await until(() => !published(replica).includes(bad));
        expect(replica.keys.signer().kid).not.toBe(bad);
      }
    });

    it('publishes a key that only stopped signing', async () => {
      const one = await start();
      const old = await only('active');
      await pass(400);
      const before = await backup();
      await one.ring.rotate();
      await stop(one);
      await restore(before);
      const again = await start();
      expect(again.keys.signer().kid).not.toBe(old);
      expect(published(again)).toContain(old);
    });

    it('does not sign with keys that by their own timetable are retired', async () => {
      const one = await start();
      const [active, next] = await Promise.all(['active', 'next'].map(only));
      await stop(one);
      await database.execute("update signing_keys set since = since - interval '90 days'");
      const again = await start({ dataDir: join(root, 'other') });
      expect([active, next]).not.toContain(again.keys.signer().kid);
      // It may as well have been off, or unable to rotate: what was signed is still accepted.
      expect(published(again)).toContain(active);
      expect(published(again)).not.toContain(next);
    });

    it('refuses to guess when what it remembers is not readable', async () => {
      writeFileSync(join(root, 'spent-keys.herald.json'), '{"a":');
      await expect(start()).rejects.toMatchObject({ name: 'ConfigError' });
    });

    it('remembers for its owner only, and no secret', async () => {
      const one = await start();
      const kid = await only('active');
      await one.ring.emergency(kid, accept);
      await until(() => readdirSync(root).length === 1);
      const path = join(root, 'spent-keys.herald.json');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([[kid, 'retired']]);
    });
  });

  describe('the sealing key', () => {
    const other = Buffer.alloc(32, 4);

    it('is refused when it is another one, and the message says what to set', async () => {
      await stop(await start());
      await expect(start({ keyEncryptionKey: other })).rejects.toThrow('KEY_ENCRYPTION_KEY');
    });

    it('can be replaced while the old one is given, too', async () => {
      const one = await start();
      const { kid } = one.keys.signer();
      await stop(one);
      await stop(await start({ keyEncryptionKey: other, previousKeyEncryptionKey: sealingKey }));
      const again = await start({ keyEncryptionKey: other });
      expect(again.keys.signer().kid).toBe(kid);
      await stop(again);
      await expect(start()).rejects.toThrow('KEY_ENCRYPTION_KEY');
    });

    it('does not open a sealed key that was moved to another row', async () => {
      await stop(await start());
      await database.execute("update signing_keys set kid = 'moved' where state = 'active'");
      await expect(start()).rejects.toThrow('does not open signing key moved');
    });
  });

  it('neither signs nor publishes when it may have missed a change', async () => {
    const one = await start();
    await one.versions.onApplicationShutdown();
    ahead += 31_000;
    expect(() => one.keys.signer()).toThrow(expect.objectContaining({ status: 503 }));
    expect(() => one.keys.document).toThrow(expect.objectContaining({ status: 503 }));
    expect(one.keys.isUsable).toBe(false);
  });

  it('shows the state of its keys', async () => {
    const one = await start();
    const { rings, now } = await one.ring.status();
    expect(rings).toEqual([
      {
        algorithm: 'ES256',
        isDefault: true,
        wait: expect.any(Number),
        rotatesAt: expect.any(Number),
        keys: expect.arrayContaining([
          expect.objectContaining({ state: 'active', isCompromised: false }),
          expect.objectContaining({ state: 'next', since: expect.any(Number) }),
        ]),
      },
    ]);
    expect(rings[0]!.rotatesAt! - now).toBeCloseTo(30 * day, -2);
    expect(JSON.stringify(rings)).not.toContain('"d"');
  });

  it('verifies its own tokens without asking anybody', async () => {
    const { keys } = await start();
    const { kid, algorithm } = keys.signer();
    expect(await keys.keyStore.find({ kid, algorithm, issuedAt: 0 })).toMatchObject({ kid });
    expect(() => keys.keyStore.find({ kid: 'x', algorithm, issuedAt: 0 })).toThrow(
      expect.objectContaining({ code: 'KEY_UNKNOWN' }),
    );
  });
});

/** Times that pass while a test watches. */
const fast: KeyTimeOptions = {
  maxAge: 0,
  coolDown: 0,
  lag: 0.4,
  announce: 0.4,
  longestLife: 0.2,
  tolerance: 0,
};
