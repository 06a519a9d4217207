/**
 * The promise of the cache, held against two services in the same world: one remembers, the other
 * verifies everything anew. Whatever happens between two requests, both decide alike.
 */
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';

import fc from 'fast-check';

import {
  accessTokenClaims,
  aJwt,
  anAuthorizationServer,
  census,
  now,
  user42,
} from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import { createKeyStore } from '../keys/create-key-store.js';
import { revocationCheck, withoutRevokedKeys } from '../revocation/revocation-guard.js';
import { createRevocationSet } from '../revocation/revocation-set.js';
import type { RevocationEntry } from '../revocation/revocation-entry.js';
import type { Carrier, JsonObject, Presented, TrustedIssuer } from '../types.js';
import { createAuthenticator, type Authenticator } from './create-authenticator.js';

const tolerance = 10;
const pairs = [0, 1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
/**
 * What may be published under `kid` a or b: the third key is another one under the name of the
 * first.
 */
const published = [
  { kid: 'a', pair: 0 },
  { kid: 'b', pair: 1 },
  { kid: 'a', pair: 2 },
] as const;

interface Sample {
  readonly token: string;
  readonly claims: JsonObject;
  /** Index in `published`. */
  readonly key: number;
}

const samples: readonly Sample[] = [0, 1, 2].flatMap((key) => [
  sample(key, { exp: now + 30, jti: `own-${key}` }),
  sample(key, { exp: now + 3000, jti: `lasting-${key}` }),
  sample(key, {
    exp: now + 300,
    jti: `user-${key}`,
    sub: user42,
    act: { sub: 'herald-client' },
  }),
]);

function sample(key: number, changes: JsonObject): Sample {
  const claims = { ...accessTokenClaims, ...changes };
  const { kid, pair } = published[key] as (typeof published)[number];
  return { token: aJwt(claims, { kid }, privateKey(pair)), claims, key };
}

function privateKey(pair: number): KeyObject {
  return (pairs[pair] as (typeof pairs)[number]).privateKey;
}

/** One thing that happens. */
type Step =
  | {
      readonly do: 'present';
      readonly sample: number;
      readonly carrier: Carrier;
      readonly damage: number;
    }
  | {
      readonly do: 'publish';
      readonly keys: readonly number[];
      readonly anew: boolean;
      readonly then: number;
    }
  | { readonly do: 'break' }
  | { readonly do: 'revoke'; readonly entry: RevocationEntry }
  | { readonly do: 'pass' | 'jump'; readonly seconds: number }
  | { readonly do: 'retrust'; readonly subjects: readonly string[] };

const exp = now + 4000;
const anySample = fc.nat(samples.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('present' as const),
      sample: anySample,
      carrier: fc.oneof(
        { weight: 9, arbitrary: fc.constant<Carrier>('Bearer') },
        fc.constantFrom<Carrier>('JWT', 'Token'),
      ),
      damage: fc.oneof({ weight: 9, arbitrary: fc.constant(-1) }, fc.nat(2000)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      keys: fc.constantFrom([0], [1], [2], [0, 1], [1, 2]),
      anew: fc.boolean(),
      // A set is read again when it is 60 s old.
      then: fc.constantFrom(0, 61),
    }),
  },
  fc.record({ do: fc.constant('break' as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('revoke' as const),
      entry: fc.oneof(
        // Most of them, because each leaves the other tokens as they were.
        {
          weight: 6,
          arbitrary: anySample.map((at): RevocationEntry => ({
            kind: 'token',
            jti: String(samples[at]?.claims['jti']),
            exp,
          })),
        },
        fc.integer({ min: -3, max: 1 }).map((by): RevocationEntry => ({
          kind: 'client',
          clientId: 'herald-client',
          before: now + by,
          exp,
        })),
        fc.integer({ min: -3, max: 1 }).map((by): RevocationEntry => ({
          kind: 'subject',
          subject: user42,
          before: now + by,
          exp,
        })),
        fc.constantFrom('a', 'b', 'c').map((kid): RevocationEntry => ({ kind: 'key', kid, exp })),
      ),
    }),
  },
  fc.record({
    do: fc.constant('pass' as const),
    seconds: fc.oneof(fc.nat(5), fc.nat(100), fc.constant(61), fc.nat(100_000)),
  }),
  fc.record({
    do: fc.constant('jump' as const),
    seconds: fc.oneof(fc.integer({ min: -400, max: 400 }), fc.integer({ min: -1e6, max: 1e6 })),
  }),
  fc.record({
    do: fc.constant('retrust' as const),
    subjects: fc.constantFrom<string[]>([`${census}user/`], []),
  }),
);

/** What is true for both services alike. */
class World {
  wall = now;
  monotonic = 0;
  publishing: readonly number[] = [0, 1];
  document: readonly JsonWebKey[] = this.#jwks();
  isBroken = false;
  subjects: readonly string[] = [`${census}user/`];
  readonly revoked: RevocationEntry[] = [];
  readonly clock = { now: () => this.wall, monotonic: () => this.monotonic };

  pass(seconds: number): void {
    this.monotonic += seconds * 1000;
    this.wall += seconds;
  }

  publish(keys: readonly number[], anew: boolean): void {
    this.isBroken = false;
    if (!anew && String(keys) === String(this.publishing)) return;
    this.publishing = keys;
    this.document = this.#jwks();
  }

  #jwks(): readonly JsonWebKey[] {
    return this.publishing.map((at) => {
      const { kid, pair } = published[at] as (typeof published)[number];
      const jwk = pairs[pair]?.publicKey.export({ format: 'jwk' });
      return { ...jwk, kid, alg: 'ES256', use: 'sig' };
    });
  }
}

/** One service, with key store and revocations of its own. */
class Service {
  readonly #set;
  readonly #keys;
  readonly #authenticator: Authenticator;
  #entry: TrustedIssuer;

  constructor(world: World, cache: { max: number; maxAge: number } | 'off') {
    const { clock } = world;
    this.#set = createRevocationSet({ clock });
    const source = {
      location: 'the issuer',
      read: () =>
        world.isBroken
          ? Promise.reject(new Error('down'))
          : Promise.resolve({ keys: world.document as never, maxAge: 60 }),
    };
    const store = createKeyStore(source, { algorithms: ['ES256'], clock, staleFor: '10m' });
    this.#keys = withoutRevokedKeys(store, this.#set);
    this.#entry = this.#trust(world);
    const trust = { find: (iss: string) => (iss === this.#entry.issuer ? this.#entry : undefined) };
    const policy = { trust, clock, clockTolerance: tolerance, maxTokenBytes: 8192 };
    this.#authenticator = createAuthenticator(policy, cache);
  }

  retrust(world: World): void {
    this.#entry = this.#trust(world);
  }

  revoke(entry: RevocationEntry): void {
    this.#set.add(entry);
  }

  /** The principal as JSON, or the code of the refusal. */
  async decide(presented: Presented): Promise<{ answer: string; isRecalled: boolean }> {
    try {
      const recalled = this.#authenticator.recall(presented);
      const { principal } = recalled ?? (await this.#authenticator.authenticate(presented));
      return { answer: JSON.stringify(principal), isRecalled: recalled !== undefined };
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      return { answer: error.code, isRecalled: false };
    } finally {
      // Readings that nobody waits for end before anything else happens.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #trust({ subjects }: World): TrustedIssuer {
    const stale = { maxStale: 30, onStale: 'accept' } as const;
    const revocation = revocationCheck(this.#set, () => 0, stale);
    return anAuthorizationServer({ keys: this.#keys, revocation, subjects });
  }
}

/** Puts another character of the alphabet, or none, in the place of one. */
function damaged(token: string, at: number): string {
  if (at < 0) return token;
  const place = at % token.length;
  const other = at % 3 === 0 ? '' : token[place] === 'A' ? 'B' : 'A';
  return token.slice(0, place) + other + token.slice(place + 1);
}

function change(world: World, services: readonly Service[], step: Step): void {
  switch (step.do) {
    case 'publish':
      world.publish(step.keys, step.anew);
      return world.pass(step.then);
    case 'break':
      world.isBroken = true;
      return;
    case 'revoke':
      world.revoked.push(step.entry);
      return services.forEach((service) => service.revoke(step.entry));
    case 'pass':
      return world.pass(step.seconds);
    case 'jump':
      world.wall += step.seconds;
      return;
    case 'retrust':
      world.subjects = step.subjects;
      return services.forEach((service) => service.retrust(world));
  }
}

/** What nobody may be let in against, whatever either service says. */
function expectMayPass(world: World, { claims, key }: Sample, carrier: Carrier, isWhole: boolean) {
  expect({ carrier, isWhole }).toEqual({ carrier: 'Bearer', isWhole: true });
  expect(world.wall).toBeLessThan(Number(claims['exp']) + tolerance);
  expect(world.wall).toBeGreaterThanOrEqual(Number(claims['iat']) - tolerance);
  const isUser = claims['sub'] === user42;
  if (isUser) expect(world.subjects).not.toEqual([]);
  for (const entry of world.revoked)
    expect(
      (entry.kind === 'token' && entry.jti === claims['jti']) ||
        (entry.kind === 'key' && entry.kid === published[key]?.kid) ||
        (entry.kind === 'client' && entry.before > now) ||
        (entry.kind === 'subject' && isUser && entry.before > now),
    ).toBe(false);
}

describe('a service that remembers tokens', () => {
  it('decides every request as one that verifies everything anew', async () => {
    let recalled = 0;
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = new World();
        const remembering = new Service(world, { max: 8, maxAge: 300 });
        const forgetting = new Service(world, 'off');
        for (const step of steps) {
          if (step.do !== 'present') {
            change(world, [remembering, forgetting], step);
            continue;
          }
          const chosen = samples[step.sample] as Sample;
          const token = damaged(chosen.token, step.damage);
          // Twice, so that what was just verified is recalled under the very same conditions.
          for (let n = 0; n < 2; n++) {
            const presented = { token, carrier: step.carrier };
            const expected = await forgetting.decide(presented);
            const { answer, isRecalled } = await remembering.decide(presented);
            expect(answer).toBe(expected.answer);
            if (answer.startsWith('{')) {
              accepted += 1;
              expectMayPass(world, chosen, step.carrier, token === chosen.token);
            }
            if (isRecalled) recalled += 1;
          }
        }
      }),
      { numRuns: 400 },
    );
    // A property that never met the cache would say nothing.
    expect(accepted).toBeGreaterThan(500);
    expect(recalled).toBeGreaterThan(accepted / 3);
  }, 60_000);
});
