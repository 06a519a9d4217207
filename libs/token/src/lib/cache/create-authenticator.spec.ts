import {
  accessTokenClaims,
  aJwt,
  anAuthorizationServer,
  aServicePeer,
  es256Key,
  now,
  serviceTokenClaims,
} from '../../../test/builders.js';
import type { Carrier, TrustedIssuer, VerificationKey } from '../types.js';
import { createAuthenticator } from './create-authenticator.js';
import type { TokenCacheOptions } from './create-authenticator.js';

/** A world whose every part a test can change between two requests. */
function world(cache?: TokenCacheOptions | 'off') {
  const parts = {
    now,
    monotonic: 0,
    key: es256Key(),
    find: (): VerificationKey | Promise<VerificationKey> => parts.key,
    revoke: (): void => undefined,
    asked: 0,
  };
  const keys: TrustedIssuer['keys'] = {
    find: () => {
      parts.asked += 1;
      return parts.find();
    },
  };
  const issuers = [
    anAuthorizationServer({ keys, revocation: { check: () => parts.revoke() } }),
    aServicePeer({ keys }),
  ];
  const authenticator = createAuthenticator(
    {
      trust: { find: (iss) => issuers.find(({ issuer }) => issuer === iss) },
      clock: { now: () => parts.now, monotonic: () => parts.monotonic },
      clockTolerance: 10,
      maxTokenBytes: 8192,
    },
    cache,
  );
  return { parts, issuers, authenticator };
}

type World = Pick<ReturnType<typeof world>, 'parts' | 'issuers'>;
type Parts = World['parts'];

const token = aJwt(accessTokenClaims);
const presented = { token, carrier: 'Bearer' as Carrier };
const refusal = new Error('refused');

describe('createAuthenticator', () => {
  it('recalls at once who presented a token, and asks for its key again', async () => {
    const { authenticator, parts } = world();
    expect(authenticator.recall(presented)).toBeUndefined();
    const identity = await authenticator.authenticate(presented);
    expect(identity.principal.caller.id).toBe('herald-client');
    const asked = parts.asked;
    expect(authenticator.recall({ ...presented })).toBe(identity);
    expect([parts.asked, authenticator.size]).toEqual([asked + 1, 1]);
    expect(Object.isFrozen(identity)).toBe(true);
  });

  it('remembers nothing when it is switched off', async () => {
    const { authenticator } = world('off');
    await authenticator.authenticate(presented);
    expect([authenticator.recall(presented), authenticator.size]).toEqual([undefined, 0]);
  });

  it('does not remember a token that is used up by this request', async () => {
    const { authenticator } = world();
    await authenticator.authenticate(presented, false);
    expect([authenticator.recall(presented), authenticator.size]).toEqual([undefined, 0]);
  });

  it('does not remember a token of an issuer whose tokens are good for one request', async () => {
    const { authenticator, issuers } = world();
    issuers[0] = { ...issuers[0]!, singleUse: true };
    await authenticator.authenticate(presented);
    expect([authenticator.recall(presented), authenticator.size]).toEqual([undefined, 0]);
  });

  it('never remembers a refusal', async () => {
    const { authenticator } = world();
    const one = aJwt(accessTokenClaims, { kid: 'one' });
    const another = aJwt({ ...accessTokenClaims, jti: 'another' }, { kid: 'one' });
    const refused = [
      // The signature of another token.
      [...one.split('.').slice(0, 2), another.split('.')[2]].join('.'),
      aJwt({ ...accessTokenClaims, exp: now - 60, iat: now - 120 }),
      aJwt({ ...accessTokenClaims, client_id: 'somebody-else' }),
    ];
    for (const token of refused)
      await expect(authenticator.authenticate({ token, carrier: 'Bearer' })).rejects.toThrow();
    expect(authenticator.size).toBe(0);
  });

  it('does not know a token that came in another carrier', async () => {
    const { authenticator } = world();
    await authenticator.authenticate(presented);
    const elsewhere = { token, carrier: 'JWT' as Carrier };
    expect(authenticator.recall(elsewhere)).toBeUndefined();
    await expect(authenticator.authenticate(elsewhere)).rejects.toMatchObject({
      code: 'CARRIER_MISMATCH',
    });
    const peers = {
      token: aJwt(serviceTokenClaims, { typ: 'service+jwt' }),
      carrier: 'JWT',
    } as const;
    await authenticator.authenticate(peers);
    expect(authenticator.recall(peers)).toBeDefined();
    expect(authenticator.recall({ ...peers, carrier: 'Token' })).toBeUndefined();
  });

  it('knows no token that differs in any one character, wherever it stands', async () => {
    const { authenticator } = world();
    await authenticator.authenticate(presented);
    const others = [...token].flatMap((character, at) => {
      const isUpper = character !== character.toLowerCase();
      const changed = isUpper ? character.toLowerCase() : character.toUpperCase();
      return [changed, character === 'A' ? 'B' : 'A', '', `${character}A`]
        .filter((put) => put !== character)
        .map((put) => token.slice(0, at) + put + token.slice(at + 1));
    });
    const known = others.filter(
      (other) => authenticator.recall({ token: other, carrier: 'Bearer' }) !== undefined,
    );
    expect([known, others.length > 3 * token.length]).toEqual([[], true]);
    expect(authenticator.recall(presented)).toBeDefined();
  });

  it('refuses a token it knows that outlives its issuer since the clock went back', async () => {
    const { authenticator, parts, issuers } = world();
    const profile = { ...anAuthorizationServer().profile, issuedAt: 'optional' } as const;
    issuers.splice(
      0,
      1,
      anAuthorizationServer({ keys: issuers[0]?.keys as never, profile, maxLifetime: 400 }),
    );
    const undated = {
      token: aJwt({ ...accessTokenClaims, iat: undefined }),
      carrier: 'Bearer' as Carrier,
    };
    await authenticator.authenticate(undated);
    expect(authenticator.recall(undated)).toBeDefined();
    parts.now -= 111;
    expect(() => authenticator.recall(undated)).toThrow(
      expect.objectContaining({ code: 'LIFETIME_TOO_LONG' }),
    );
  });

  it.each<[string, (parts: Parts) => unknown, string]>([
    ['when it has expired', (parts) => (parts.now += 311), 'TOKEN_EXPIRED'],
    ['when the clock went back before it', (parts) => (parts.now -= 11), 'TOKEN_NOT_YET_VALID'],
  ])('refuses a token it knows %s', async (_name, change, code) => {
    const { authenticator, parts } = world();
    await authenticator.authenticate(presented);
    change(parts);
    expect(() => authenticator.recall(presented)).toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, (parts: Parts) => unknown]>([
    ['is revoked', (parts) => (parts.revoke = () => fail())],
    ['lost its key', (parts) => (parts.find = () => fail())],
  ])('refuses as the one who knows does when a token it knows %s', async (_name, change) => {
    const { authenticator, parts } = world();
    await authenticator.authenticate(presented);
    change(parts);
    expect(() => authenticator.recall(presented)).toThrow(refusal);
  });

  it.each<[string, (world: World) => unknown]>([
    ['its key is another one of that name', ({ parts }) => (parts.key = es256Key())],
    ['its key has to be asked for', ({ parts }) => (parts.find = () => Promise.reject(refusal))],
    [
      'its issuer has another trust entry',
      ({ issuers }) => issuers.splice(0, 1, anAuthorizationServer()),
    ],
    ['its issuer is trusted no longer', ({ issuers }) => issuers.splice(0, 1)],
    ['it was verified longer ago than maxAge', ({ parts }) => (parts.monotonic += 60_000)],
    ['the monotonic clock went back', ({ parts }) => (parts.monotonic -= 1)],
  ])('verifies a token anew when %s', async (_name, change) => {
    const { authenticator, parts, issuers } = world();
    await authenticator.authenticate(presented);
    expect(authenticator.recall(presented)).toBeDefined();
    change({ parts, issuers });
    expect(authenticator.recall(presented)).toBeUndefined();
    expect(authenticator.size).toBe(0);
  });

  it('counts the age of an identity from before its key was waited for', async () => {
    const { authenticator, parts } = world({ maxAge: '1s' });
    parts.find = () => {
      parts.monotonic += 1000;
      return parts.key;
    };
    await authenticator.authenticate(presented);
    expect(authenticator.recall(presented)).toBeUndefined();
  });

  it('keeps to its bound', async () => {
    const { authenticator } = world({ max: 3 });
    for (let n = 0; n < 9; n++)
      await authenticator.authenticate({
        token: aJwt({ ...accessTokenClaims, jti: `id-${n}` }),
        carrier: 'Bearer',
      });
    expect(authenticator.size).toBeLessThanOrEqual(3);
  });

  it.each<[string, TokenCacheOptions]>([
    ['tokenCache.max', { max: 1 }],
    ['tokenCache.max', { max: 2.5 }],
    ['tokenCache.max', { max: 1_000_001 }],
    ['tokenCache.maxAge', { maxAge: 0 }],
    ['tokenCache.maxAge', { maxAge: '6m' }],
  ])('refuses at boot, naming %s: %j', (option, cache) => {
    expect(() => world(cache)).toThrow(new RegExp(option));
    expect(() => world(cache)).toThrow(TypeError);
  });
});

function fail(): never {
  throw refusal;
}
