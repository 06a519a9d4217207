import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import {
  accessTokenClaims,
  aJwt,
  anAuthorizationServer,
  census,
  es256Key,
  keysOf,
  now,
} from '../../../test/builders.js';
import { createAuthenticator } from '../cache/create-authenticator.js';
import type { TrustedIssuer } from '../types.js';
import { SkewWatch, type IssuerSkew } from './skew-watch.js';

function world(changes: Partial<TrustedIssuer> = {}) {
  const time = { wall: now, monotonic: 0 };
  const clock = { now: () => time.wall, monotonic: () => time.monotonic };
  const told: IssuerSkew[] = [];
  const skew = new SkewWatch({ clock, onSkew: (one) => told.push(one) });
  const keys = keysOf(es256Key());
  const issuer = anAuthorizationServer({ keys, ...changes });
  const trust = { find: () => issuer };
  const policy = { trust, clock, clockTolerance: 10, maxTokenBytes: 8192, skew };
  const authenticator = createAuthenticator(policy, 'off');
  const send = (ahead: number, key?: KeyObject, header: object = {}) =>
    authenticator
      .authenticate({
        token: aJwt(
          {
            ...accessTokenClaims,
            aud: census,
            iat: time.wall + ahead,
            exp: time.wall + ahead + 60,
          },
          header,
          ...(key === undefined ? [] : [key]),
        ),
        carrier: 'Bearer',
      })
      .then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );
  return { time, told, skew, issuer, keys, send };
}

describe('SkewWatch', () => {
  it('tells of an issuer whose accepted tokens come from the future, once in ten minutes', async () => {
    const { send, skew, told, time } = world();
    for (const ahead of [7, 5, 7]) expect(await send(ahead)).toBe('accepted');
    expect(told).toEqual([{ issuer: 'auth', secondsAhead: 7 }]);
    expect(skew.of('auth')).toEqual({ issuer: 'auth', secondsAhead: 7 });
    time.monotonic += 599_000;
    await send(8);
    expect([told.length, skew.all()]).toEqual([1, [{ issuer: 'auth', secondsAhead: 8 }]]);
    time.monotonic += 1_000;
    await send(8);
    expect(told).toHaveLength(2);
  });

  it('tells of one whose tokens are refused because they are not valid yet', async () => {
    const { send, skew } = world();
    expect(await send(40)).toBe('TOKEN_NOT_YET_VALID');
    expect(skew.of('auth')).toEqual({ issuer: 'auth', secondsAhead: 40 });
  });

  it('forgets what was seen ten minutes ago', async () => {
    const { send, skew, time } = world();
    await send(7);
    time.monotonic += 600_000;
    expect([skew.of('auth'), skew.all()]).toEqual([undefined, []]);
    await send(3);
    expect(skew.of('auth')?.secondsAhead).toBe(3);
  });

  it.each([0, 1, 1.5, -30])('says nothing of a token made %d s ahead', async (ahead) => {
    const { send, skew, told } = world();
    await send(Math.floor(ahead));
    expect([skew.all(), told]).toEqual([[], []]);
  });

  it('believes no token whose signature does not hold', async () => {
    const { send, skew, told } = world();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await send(40, privateKey)).toBe('TOKEN_NOT_YET_VALID');
    expect(await send(5, privateKey)).toBe('SIGNATURE_INVALID');
    expect(await send(40, undefined, { kid: 'two' })).toBe('TOKEN_NOT_YET_VALID');
    expect([skew.all(), told]).toEqual([[], []]);
  });

  it('spends one signature in a second on tokens that are refused anyway', async () => {
    const { send, keys, time } = world();
    for (let n = 0; n < 5; n++) await send(40);
    expect(keys.asked).toHaveLength(1);
    time.monotonic += 1_000;
    await send(40);
    expect(keys.asked).toHaveLength(2);
  });

  it('waits for no key of a token that is refused anyway', async () => {
    const find = () => new Promise<never>(() => undefined);
    const { send, skew } = world({ keys: { find } });
    expect(await send(40)).toBe('TOKEN_NOT_YET_VALID');
    expect(skew.all()).toEqual([]);
  });

  it('remembers no more issuers than it has room for', () => {
    const { skew, issuer } = world();
    for (let n = 0; n < 300; n++) skew.observe({ ...issuer, name: `issuer-${n}` }, now + 9);
    expect(skew.all()).toHaveLength(256);
    expect(skew.isCurious({ ...issuer, name: 'another' })).toBe(false);
  });
});
