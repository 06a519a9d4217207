import {
  accessTokenClaims,
  anAuthorizationServer,
  es256Key,
  keysOf,
  now,
  user42,
  verified,
} from '../../../test/builders.js';
import type { Clock, Json, JsonObject, VerificationKey } from '../types.js';
import { readEvents } from './read-events.js';
import { readRevocationEntry } from './revocation-entry.js';
import type { RevocationEntry } from './revocation-entry.js';
import { RevocationFeedError } from './revocation-feed-error.js';
import { revocationCheck, withoutRevokedKeys } from './revocation-guard.js';
import { readRevocationMessage } from './revocation-message.js';
import type { RevocationMessage } from './revocation-message.js';
import { createRevocationSet } from './revocation-set.js';
import { RevocationState } from './revocation-state.js';

const exp = now + 300;
const token = (claims: JsonObject = {}, issuedAt: number | undefined = now) => ({
  ...verified(anAuthorizationServer(), { ...accessTokenClaims, ...claims }),
  issuedAt,
});

function twoClocks(): Clock & { advance(seconds: number): void; wall: number } {
  const clocks = {
    wall: now,
    elapsed: 0,
    now: () => clocks.wall,
    monotonic: () => clocks.elapsed,
    advance: (seconds: number) => {
      clocks.wall += seconds;
      clocks.elapsed += seconds * 1000;
    },
  };
  return clocks;
}

const setOf = (...entries: RevocationEntry[]) => {
  const set = createRevocationSet({ clock: twoClocks() });
  entries.forEach((entry) => set.add(entry));
  return set;
};

describe('RevocationSet', () => {
  it.each<[string, RevocationEntry, ReturnType<typeof token>]>([
    ['token', { kind: 'token', jti: 'id-1', exp }, token()],
    ['client', { kind: 'client', clientId: 'herald-client', before: now + 1, exp }, token()],
    ['client', { kind: 'client', clientId: 'shop', before: now + 1, exp }, actedFor()],
    ['subject', { kind: 'subject', subject: user42, before: now + 1, exp }, token({ sub: user42 })],
    ['key', { kind: 'key', kid: 'one', exp }, token()],
  ])('revokes by %s: %p', (kind, entry, revoked) => {
    expect(setOf(entry).revokedBy(revoked)).toBe(kind);
  });

  it('does not take an actor of another issuer for a client of this one', () => {
    const act = { sub: 'shop', iss: 'https://login.example' };
    const entry = { kind: 'client', clientId: 'shop', before: now + 1, exp } as const;
    expect(setOf(entry).revokedBy(token({ sub: user42, act }))).toBeUndefined();
  });

  it.each<[string, RevocationEntry]>([
    ['another token', { kind: 'token', jti: 'id-2', exp }],
    [
      'a token issued at that second',
      { kind: 'client', clientId: 'herald-client', before: now, exp },
    ],
    ['another client', { kind: 'client', clientId: 'herald', before: now + 1, exp }],
    ['another subject', { kind: 'subject', subject: user42, before: now + 1, exp }],
    ['another key', { kind: 'key', kid: 'two', exp }],
  ])('leaves %s alone', (_name, entry) => {
    expect(setOf(entry).revokedBy(token())).toBeUndefined();
  });

  it('takes a token without iat for an old one', () => {
    const set = setOf({ kind: 'client', clientId: 'herald-client', before: 1, exp });
    expect(set.revokedBy({ ...token(), issuedAt: undefined })).toBe('client');
  });

  it('keeps the wider of two entries about the same', () => {
    const client = { kind: 'client', clientId: 'herald-client', exp } as const;
    const set = setOf({ ...client, before: now + 1 }, { ...client, before: now - 100 });
    expect([set.size, set.revokedBy(token())]).toEqual([1, 'client']);
  });

  it('forgets what has ended by both clocks, and not before', () => {
    const clock = twoClocks();
    const set = createRevocationSet({ clock, max: 1 });
    set.add({ kind: 'token', jti: 'id-1', exp: now + 10 });
    const addAnother = () => set.add({ kind: 'token', jti: 'id-2', exp });
    clock.wall += 3600;
    expect(addAnother).toThrow(RevocationFeedError);
    clock.wall = now;
    clock.advance(69);
    expect(addAnother).toThrow(RevocationFeedError);
    clock.wall -= 3600;
    clock.advance(20);
    expect(addAnother).toThrow(RevocationFeedError);
    clock.wall += 3600;
    clock.advance(11);
    addAnother();
    expect([set.size, set.revokedBy(token({ jti: 'id-2' }))]).toEqual([1, 'token']);
  });

  it('takes an entry that is known even when it is full', () => {
    const set = createRevocationSet({ clock: twoClocks(), max: 1 });
    const entry = { kind: 'token', jti: 'a', exp } as const;
    set.add(entry);
    expect(() => set.add(entry)).not.toThrow();
    expect(() => set.add({ ...entry, jti: 'b' })).toThrow('more than 1 revocations');
  });

  it.each([0, -1, 1.5])('refuses max %p', (max) => {
    expect(() => createRevocationSet({ max })).toThrow(TypeError);
  });
});

function actedFor() {
  return token({ sub: user42, act: { sub: 'herald-client', act: { sub: 'shop' } } });
}

describe('readRevocationEntry', () => {
  it('converts each kind', () => {
    const wire: Json[] = [
      { v: 1, kind: 'token', jti: 'a', exp },
      { v: 2, kind: 'client', client_id: 'b', before: 7, exp },
      { v: 3, kind: 'subject', sub: 'c', before: 8, exp },
      { v: 4, kind: 'key', kid: 'd', exp },
    ];
    expect(wire.map(readRevocationEntry)).toEqual([
      { kind: 'token', jti: 'a', exp },
      { kind: 'client', clientId: 'b', before: 7, exp },
      { kind: 'subject', subject: 'c', before: 8, exp },
      { kind: 'key', kid: 'd', exp },
    ]);
  });

  it.each<[Json]>([
    [null],
    ['token'],
    [[]],
    [{ kind: 'tenant', exp }],
    [{ kind: 'token', exp }],
    [{ kind: 'token', jti: '', exp }],
    [{ kind: 'token', jti: 7, exp }],
    [{ kind: 'token', jti: 'x'.repeat(2049), exp }],
    [{ kind: 'token', jti: 'a' }],
    [{ kind: 'token', jti: 'a', exp: '1' }],
    [{ kind: 'token', jti: 'a', exp: -1 }],
    [{ kind: 'client', client_id: 'a', exp }],
    [{ kind: 'subject', sub: 'a', before: 1.5, exp }],
    [{ kind: 'key', exp }],
  ])('refuses %j', (entry) => {
    expect(() => readRevocationEntry(entry)).toThrow(RevocationFeedError);
  });
});

describe('readRevocationMessage', () => {
  const good: JsonObject = { epoch: 'e', from: 0, to: 0, more: false, entries: [] };
  const read = (claims: JsonObject, issuedAt: number | undefined = now) =>
    readRevocationMessage({ ...verified(anAuthorizationServer(), claims), issuedAt });

  it('reads what a feed says', () => {
    expect(read(good)).toEqual({ ...good, issuedAt: now });
  });

  it.each<[JsonObject]>([
    [{ epoch: 7 }],
    [{ epoch: 'x'.repeat(129) }],
    [{ from: 2, to: 1 }],
    [{ from: -1 }],
    [{ to: '1' }],
    [{ to: 0.5 }],
    [{ more: undefined }],
    [{ more: 'no' }],
    [{ entries: {} }],
    [{ entries: Array.from({ length: 1001 }, () => ({ kind: 'token', jti: 'a', exp })) }],
    [{ entries: [{}] }],
  ])('refuses %j', (change) => {
    expect(() => read({ ...good, ...change })).toThrow(RevocationFeedError);
  });
});

describe('RevocationState', () => {
  const message = (change: Partial<RevocationMessage> = {}): RevocationMessage => ({
    epoch: 'one',
    from: 0,
    to: 0,
    more: false,
    entries: [],
    issuedAt: now,
    ...change,
  });
  const start = () => {
    const clock = twoClocks();
    return { clock, state: new RevocationState(createRevocationSet({ clock }), clock) };
  };

  it('knows nothing before the first message', () => {
    const { state } = start();
    expect([state.age, state.position]).toEqual([Infinity, undefined]);
  });

  it('is as old as the last complete message says it is', () => {
    const { clock, state } = start();
    state.apply(message({ issuedAt: now - 3 }));
    expect(state.age).toBe(3);
    clock.advance(4);
    expect(state.age).toBe(7);
    state.apply(message({ issuedAt: now + 4 }));
    expect(state.age).toBe(0);
  });

  it('is not complete while there is more', () => {
    const { state } = start();
    state.apply(message({ to: 5, more: true }));
    expect([state.age, state.position?.version]).toEqual([Infinity, 5]);
    state.apply(message({ from: 5, to: 6 }));
    expect([state.age, state.position?.version]).toEqual([0, 6]);
  });

  it('grows older with the monotonic clock, whatever the wall clock does', () => {
    const { clock, state } = start();
    state.apply(message());
    clock.wall -= 3600;
    clock.advance(5);
    expect(state.age).toBe(5);
  });

  it.each([
    ['the same message again', {}],
    ['an older message', { issuedAt: now - 5 }],
    ['a message from the future again', { issuedAt: now }],
  ])('is no younger for %s', (_name, change) => {
    const { clock, state } = start();
    state.apply(message());
    clock.advance(5);
    state.apply(message(change));
    expect(state.age).toBe(5);
  });

  it('never goes back within an epoch', () => {
    const { clock, state } = start();
    state.apply(message({ to: 5 }));
    clock.advance(5);
    state.apply(message({ to: 4, issuedAt: now + 5 }));
    expect([state.position?.version, state.age]).toEqual([5, 5]);
  });

  it('takes up another epoch, and keeps what was revoked', () => {
    const { state } = start();
    state.apply(message({ to: 5, entries: [{ kind: 'token', jti: 'id-1', exp }] }));
    state.apply(message({ epoch: 'two', to: 1, issuedAt: now + 1 }));
    expect(state.position).toEqual({ epoch: 'two', version: 1 });
    expect(state.set.revokedBy(token())).toBe('token');
  });

  it('does not return to an epoch by an older message', () => {
    const { state } = start();
    state.apply(message({ to: 5 }));
    state.apply(message({ epoch: 'two', to: 1, issuedAt: now + 1 }));
    state.apply(message({ to: 6 }));
    expect(state.position).toEqual({ epoch: 'two', version: 1 });
  });

  it.each([
    ['within an epoch', { from: 6, to: 7 }],
    ['into another epoch', { epoch: 'two', from: 1, to: 2 }],
  ])('refuses a gap %s', (_name, change) => {
    const { state } = start();
    state.apply(message({ to: 5 }));
    expect(() => state.apply(message(change))).toThrow('gap');
    expect(state.position).toEqual({ epoch: 'one', version: 5 });
  });
});

describe('revocationCheck', () => {
  const judge = (age: number, onStale: 'accept' | 'refuse', ...entries: RevocationEntry[]) => {
    try {
      revocationCheck(setOf(...entries), () => age, { maxStale: 30, onStale }).check(token());
      return 'accepted';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const revoked = { kind: 'token', jti: 'id-1', exp } as const;

  it.each([
    [30, 'accept', 'accepted'],
    [30, 'refuse', 'accepted'],
    [31, 'accept', 'accepted'],
    [31, 'refuse', 'REVOCATION_UNAVAILABLE'],
    [Infinity, 'accept', 'accepted'],
    [Infinity, 'refuse', 'REVOCATION_UNAVAILABLE'],
    [NaN, 'refuse', 'REVOCATION_UNAVAILABLE'],
  ] as const)('after %p s of silence with %s: %s', (age, onStale, outcome) => {
    expect(judge(age, onStale)).toBe(outcome);
    expect(judge(age, onStale, revoked)).toBe('TOKEN_REVOKED');
  });
});

describe('withoutRevokedKeys', () => {
  const query = (kid: string | undefined) => ({ kid, algorithm: 'ES256' as const, issuedAt: now });
  const entry = { kind: 'key', kid: 'one', exp } as const;

  it('has a key until it is revoked, and never again', () => {
    const set = setOf();
    const store = keysOf(es256Key());
    const keys = withoutRevokedKeys(store, set);
    expect(keys.find(query('one'))).toMatchObject({ kid: 'one' });
    set.add(entry);
    expect(() => keys.find(query('one'))).toThrow(
      expect.objectContaining({ code: 'TOKEN_REVOKED' }),
    );
    expect(store.asked).toHaveLength(1);
  });

  it('does not give out a revoked key to a token that names none', () => {
    const keys = withoutRevokedKeys({ find: () => es256Key() }, setOf(entry));
    expect(() => keys.find(query(undefined))).toThrow(
      expect.objectContaining({ code: 'TOKEN_REVOKED' }),
    );
  });

  it('asks again after waiting: the key may be revoked meanwhile', async () => {
    const set = setOf();
    let answer: (key: VerificationKey) => void = () => undefined;
    const keys = withoutRevokedKeys(
      { find: () => new Promise((resolve) => (answer = resolve)) },
      set,
    );
    const found = Promise.resolve(keys.find(query('one')));
    set.add(entry);
    answer(es256Key());
    await expect(found).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });
});

describe('readEvents', () => {
  async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const eventsOf = async (text: string, size = 1000, maxBytes = 100): Promise<string[]> => {
    const events: string[] = [];
    for await (const event of readEvents(inChunks(text, size), maxBytes)) events.push(event);
    return events;
  };

  it.each([1, 2, 3, 7, 1000])('reads events out of chunks of %p bytes', async (size) => {
    const text =
      ': hello\n\nid: 1\nevent: x\ndata: one\n\ndata:two\r\ndata:  three\r\n\r\ndata\rdata: \u{1F511}\r\rdata: lost';
    expect(await eventsOf(text, size)).toEqual(['one', 'two\n three', '\u{1F511}']);
  });

  it.each([
    ['a line without end', `data: ${'x'.repeat(200)}`],
    ['many short lines', 'data: x\n'.repeat(50)],
    ['comments without end', ': x\n'.repeat(50)],
  ])('refuses %s', async (_name, text) => {
    for (const size of [1, 16, 1000])
      await expect(eventsOf(text, size)).rejects.toThrow('more than 100 bytes');
  });
});
