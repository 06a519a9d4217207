import { createHmac, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';

import fc from 'fast-check';

import {
  accessTokenClaims,
  aJwt,
  anAuthorizationServer,
  aServicePeer,
  auth,
  census,
  clockAt,
  es256Key,
  keysOf,
  now,
  pair,
  serviceTokenClaims,
} from '../../../test/builders.js';
import { AccessError, type AccessErrorCode } from '../errors.js';
import type {
  Carrier,
  IssuerCarrier,
  Json,
  JsonObject,
  TrustedIssuer,
  VerificationKey,
} from '../types.js';
import type { VerificationPolicy } from './verification-policy.js';
import { verifyToken } from './verify-token.js';

const policyOf = (issuers: TrustedIssuer[], offset = 0): VerificationPolicy => ({
  trust: { find: (iss) => issuers.find(({ issuer }) => issuer === iss) },
  clock: clockAt(offset),
  clockTolerance: 10,
  maxTokenBytes: 8192,
});

interface Attempt {
  readonly token: string;
  readonly carrier?: Carrier;
  readonly issuer?: TrustedIssuer;
  readonly offset?: number;
}

const verify = ({ token, carrier = 'Bearer', issuer, offset }: Attempt) =>
  verifyToken(
    { token, carrier },
    policyOf([issuer ?? anAuthorizationServer(), aServicePeer()], offset),
  );

async function refusal(attempt: Attempt): Promise<AccessError> {
  try {
    await verify(attempt);
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const claims = (changes: JsonObject = {}): JsonObject => ({ ...accessTokenClaims, ...changes });
const token = (changes: JsonObject = {}, header: JsonObject = {}): string =>
  aJwt(claims(changes), header);

describe('verifyToken', () => {
  it('verifies an access token', async () => {
    const issuer = anAuthorizationServer();
    expect(await verify({ token: token({ aud: [census, auth], nbf: now }), issuer })).toEqual({
      issuer,
      claims: claims({ aud: [census, auth], nbf: now }),
      audience: [census, auth],
      kid: 'one',
      issuedAt: now,
      expiresAt: now + 300,
    });
  });

  it('verifies a self-issued token from its own carrier', async () => {
    const own = aJwt(serviceTokenClaims, { typ: 'service+jwt' });
    const { issuer, audience } = await verify({ token: own, carrier: 'JWT' });
    expect([issuer.name, audience]).toEqual(['herald', [census]]);
  });

  it('asks the key store for what the token names', async () => {
    const keys = keysOf(es256Key());
    await verify({ token: token(), issuer: anAuthorizationServer({ keys }) });
    expect(keys.asked).toEqual([{ kid: 'one', algorithm: 'ES256', issuedAt: now }]);
  });

  it('leaves a token without kid to the key store', async () => {
    const keys = keysOf({ ...es256Key(), kid: undefined });
    const without = token({}, { kid: undefined });
    await verify({ token: without, issuer: anAuthorizationServer({ keys }) });
    expect(keys.asked).toEqual([{ kid: undefined, algorithm: 'ES256', issuedAt: now }]);
  });

  it('waits for a key store that has to ask', async () => {
    const keys = { find: () => Promise.resolve(es256Key()) };
    const { issuedAt } = await verify({ token: token(), issuer: anAuthorizationServer({ keys }) });
    expect(issuedAt).toBe(now);
  });

  it('freezes what it returns, to the last claim', async () => {
    const verified = await verify({ token: token({ act: { sub: 'a', list: [{}] } }) });
    const act = verified.claims['act'] as { list: object[] };
    for (const value of [verified, verified.claims, verified.audience, act, act.list, act.list[0]])
      expect(Object.isFrozen(value)).toBe(true);
  });

  describe('issuer', () => {
    it.each([
      ['another issuer', 'https://evil.example'],
      ['the issuer and a slash', `${auth}/`],
      ['the issuer in upper case', 'HTTPS://AUTH.EXAMPLE'],
      ['the issuer and a blank', `${auth} `],
      ['an empty issuer', ''],
      ['a name from a prototype', 'constructor'],
    ])('refuses %s with ISSUER_UNTRUSTED, and asks for no key', async (_name, iss) => {
      const keys = keysOf(es256Key());
      const issuer = anAuthorizationServer({ keys });
      expect((await refusal({ token: token({ iss }), issuer })).code).toBe('ISSUER_UNTRUSTED');
      expect(keys.asked).toEqual([]);
    });

    it.each<[string, Json | undefined]>([
      ['missing', undefined],
      ['null', null],
      ['an array', [auth]],
      ['a number', 1],
    ])('refuses an iss that is %s with CLAIM_INVALID', async (_name, iss) => {
      expect((await refusal({ token: token({ iss }) })).code).toBe('CLAIM_INVALID');
    });

    it('keeps a foreign iss short in its detail', async () => {
      const { detail } = await refusal({ token: token({ iss: 'x'.repeat(3000) }) });
      expect(String(detail.got).length).toBeLessThan(300);
    });

    it('looks for a key only under the issuer of the token', async () => {
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const peer = aServicePeer({ keys: keysOf(es256Key('one', other.publicKey)) });
      const policy = policyOf([anAuthorizationServer(), peer]);
      const forged = aJwt(serviceTokenClaims, { typ: 'service+jwt' }, pair.privateKey);
      await expect(verifyToken({ token: forged, carrier: 'JWT' }, policy)).rejects.toMatchObject({
        code: 'SIGNATURE_INVALID',
      });
      const own = aJwt(serviceTokenClaims, { typ: 'service+jwt' }, other.privateKey);
      await expect(verifyToken({ token: own, carrier: 'JWT' }, policy)).resolves.toBeDefined();
    });
  });

  describe('carrier and type', () => {
    it.each<[Carrier, IssuerCarrier]>([
      ['JWT', 'Bearer'],
      ['Token', 'Bearer'],
      ['Bearer', 'JWT'],
      ['DPoP', 'JWT'],
    ])('refuses with CARRIER_MISMATCH a token that came as %s, not %s', async (came, wanted) => {
      const issuer = anAuthorizationServer({ carrier: wanted });
      const error = await refusal({ token: token(), carrier: came, issuer });
      expect(error.code).toBe('CARRIER_MISMATCH');
      expect(error.detail).toMatchObject({ issuer: 'auth', expected: wanted, got: came });
    });

    it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
      'takes typ %s for an access token',
      async (typ) => {
        await expect(verify({ token: token({}, { typ }) })).resolves.toBeDefined();
      },
    );

    it.each<[Json | undefined]>([
      [undefined],
      [null],
      [''],
      ['JWT'],
      ['service+jwt'],
      ['dpop+jwt'],
      ['client-authentication+jwt'],
      ['secevent+jwt'],
      ['application/application/at+jwt'],
      ['text/at+jwt'],
      ['at+jwt '],
      [1],
      [['at+jwt']],
    ])('refuses typ %j with TYPE_MISMATCH', async (typ) => {
      expect((await refusal({ token: token({}, { typ }) })).code).toBe('TYPE_MISMATCH');
    });

    it('takes a missing typ, but no other, where the profile says so', async () => {
      const profile = {
        name: 'legacy-service-token',
        types: ['jwt', null],
        requiredClaims: [],
      } as const;
      const issuer = anAuthorizationServer({ profile });
      await expect(verify({ token: token({}, { typ: undefined }), issuer })).resolves.toBeDefined();
      await expect(verify({ token: token({}, { typ: 'JWT' }), issuer })).resolves.toBeDefined();
      for (const typ of [null, 'null', 'at+jwt', 1])
        expect((await refusal({ token: token({}, { typ }), issuer })).code).toBe('TYPE_MISMATCH');
    });
  });

  describe('algorithm and key', () => {
    it.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'HS256', 'RS256', 'es256', 'ES256K'])(
      'refuses alg "%s" with ALGORITHM_FORBIDDEN, and asks for no key',
      async (alg) => {
        const keys = keysOf(es256Key());
        const issuer = anAuthorizationServer({ keys });
        const error = await refusal({ token: token({}, { alg }), issuer });
        expect(error.code).toBe('ALGORITHM_FORBIDDEN');
        expect(keys.asked).toEqual([]);
      },
    );

    it('refuses a key of another algorithm than the header, whatever the store says', async () => {
      const wrong: VerificationKey = { ...es256Key(), algorithm: 'ES384' };
      const issuer = anAuthorizationServer({ keys: { find: () => wrong } });
      const error = await refusal({ token: token(), issuer });
      expect(error.code).toBe('ALGORITHM_FORBIDDEN');
    });

    it('refuses HS256 keyed with the public key, where an issuer has both algorithms', async () => {
      const pem = pair.publicKey.export({ format: 'pem', type: 'spki' });
      const issuer = anAuthorizationServer({ algorithms: ['ES256', 'HS256'] });
      const input = token({}, { alg: 'HS256' }).split('.').slice(0, 2).join('.');
      const mac = createHmac('sha256', createSecretKey(Buffer.from(pem))).update(input);
      const forged = `${input}.${mac.digest('base64url')}`;
      expect((await refusal({ token: forged, issuer })).code).toBe('ALGORITHM_FORBIDDEN');
    });

    it.each<AccessErrorCode>(['KEY_UNKNOWN', 'KEYS_UNAVAILABLE'])(
      'passes on %s from the key store',
      async (code) => {
        const find = () => Promise.reject(new AccessError(code));
        const issuer = anAuthorizationServer({ keys: { find } });
        expect((await refusal({ token: token(), issuer })).code).toBe(code);
      },
    );

    it('refuses the signature of another key with SIGNATURE_INVALID', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const error = await refusal({ token: aJwt(claims(), {}, privateKey) });
      expect([error.code, error.detail.issuer]).toEqual(['SIGNATURE_INVALID', 'auth']);
    });

    it('never trusts a key that the token brings along', async () => {
      const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = attacker.publicKey.export({ format: 'jwk' }) as JsonObject;
      const header = { jwk, jku: 'http://127.0.0.1:9/', x5u: 'http://127.0.0.1:9/', x5c: ['AA'] };
      const forged = aJwt(claims(), header, attacker.privateKey);
      expect((await refusal({ token: forged })).code).toBe('SIGNATURE_INVALID');
    });

    it('refuses a token of which one byte was changed', async () => {
      const good = token();
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.base64String(), async (at, text) => {
          const character = text[0] ?? 'A';
          const changed = good.slice(0, at) + character + good.slice(at + 1);
          fc.pre(changed !== good);
          expect((await refusal({ token: changed })).status).toBe(401);
        }),
        { numRuns: 200 },
      );
    });
  });

  describe('form of claims', () => {
    it.each<[name: string, changes: JsonObject]>([
      ['no aud', { aud: undefined }],
      ['aud null', { aud: null }],
      ['an empty aud', { aud: '' }],
      ['an empty list', { aud: [] }],
      ['an object', { aud: { [census]: true } }],
      ['a list with a number', { aud: [census, 1] }],
      ['a list with an empty string', { aud: [census, ''] }],
      ['a list in a list', { aud: [[census]] }],
      ['65 audiences', { aud: Array.from({ length: 65 }, (_, at) => `a${at}`) }],
      ['no exp', { exp: undefined }],
      ['exp null', { exp: null }],
      ['exp as a string', { exp: String(now + 60) }],
      ['exp with a fraction', { exp: now + 60.5 }],
      ['exp beyond what a number holds', { exp: 2 ** 53 }],
      ['a negative exp', { exp: -1, iat: -2 }],
      ['no iat', { iat: undefined }],
      ['iat as a string', { iat: String(now) }],
      ['nbf null', { nbf: null }],
      ['nbf as a string', { nbf: String(now) }],
      ['exp equal to iat', { exp: now }],
      ['exp before iat', { exp: now - 1 }],
      ['no sub', { sub: undefined }],
      ['an empty sub', { sub: '' }],
      ['sub as a number', { sub: 42 }],
      ['sub as an object', { sub: {} }],
      ['no jti', { jti: undefined }],
      ['no client_id', { client_id: undefined }],
    ])('refuses %s with CLAIM_INVALID', async (_name, changes) => {
      const error = await refusal({ token: token(changes) });
      expect([error.code, error.status]).toEqual(['CLAIM_INVALID', 401]);
      expect(error.detail.issuer).toBe('auth');
    });

    it('refuses exp 1e999, which JSON.parse takes for infinity', async () => {
      const text = JSON.stringify(claims({ exp: 'EXP' })).replace('"EXP"', '1e999');
      expect((await refusal({ token: aJwt(text) })).code).toBe('CLAIM_INVALID');
    });

    it('accepts 64 audiences', async () => {
      const aud = Array.from({ length: 64 }, (_, at) => `a${at}`);
      await expect(verify({ token: token({ aud }) })).resolves.toBeDefined();
    });

    it('wants the claims that the profile names, even those named like a property', async () => {
      const profile = {
        name: 'access-token',
        types: ['at+jwt'],
        requiredClaims: ['toString'],
      } as const;
      const issuer = anAuthorizationServer({ profile });
      expect((await refusal({ token: token(), issuer })).detail.check).toBe('toString');
    });
  });

  describe('times', () => {
    const at = (offset: number, changes: JsonObject = {}) => ({ token: token(changes), offset });

    it.each([
      ['at once', 0],
      ['in its last second', 299],
      ['9 s after exp', 309],
      ['just inside the tolerance', 309.999],
      ['8 s before iat', -8],
      ['10 s before iat', -10],
    ])('accepts a token %s', async (_name, offset) => {
      await expect(verify(at(offset))).resolves.toBeDefined();
    });

    it.each([
      ['exactly at the tolerance', 310],
      ['1 s beyond it', 311],
      ['a day later', 86_400],
    ])('refuses a token %s after exp with TOKEN_EXPIRED', async (_name, offset) => {
      const error = await refusal(at(offset));
      expect(error.code).toBe('TOKEN_EXPIRED');
      expect(error.detail.got).toMatchObject({ secondsLate: offset - 300 });
    });

    it.each([
      ['iat', -10.5, {}, 11],
      ['iat', -60, {}, 60],
      ['nbf', 0, { nbf: now + 11 }, 11],
      ['nbf', -5, { nbf: now + 61 }, 66],
    ])(
      'names the skew of %s at %d with TOKEN_NOT_YET_VALID',
      async (claim, offset, changes, by) => {
        const error = await refusal(at(offset, changes));
        expect(error.code).toBe('TOKEN_NOT_YET_VALID');
        expect(error.detail.got).toEqual({
          reason: 'clock_skew_suspected',
          claim,
          secondsAhead: by,
        });
      },
    );

    it('accepts nbf inside the tolerance, and before iat', async () => {
      await expect(verify(at(0, { nbf: now + 10 }))).resolves.toBeDefined();
      await expect(verify(at(0, { nbf: now - 100 }))).resolves.toBeDefined();
    });

    it('refuses more than the maximum lifetime with LIFETIME_TOO_LONG', async () => {
      await expect(verify(at(0, { exp: now + 3600 }))).resolves.toBeDefined();
      const error = await refusal(at(0, { exp: now + 3601 }));
      expect(error.code).toBe('LIFETIME_TOO_LONG');
      expect(error.detail).toMatchObject({ expected: 'at most 3600 s', got: '3601 s' });
    });

    it('holds after 2038', async () => {
      const iat = 2 ** 31 + 100;
      const late = { token: token({ iat, exp: iat + 60 }), offset: iat - now };
      await expect(verify(late)).resolves.toBeDefined();
    });

    it.each<[string, Partial<VerificationPolicy>]>([
      ['a clock that is no number', { clock: { now: () => NaN, monotonic: () => 0 } }],
      ['a tolerance that is no number', { clockTolerance: NaN }],
      ['a token size that is no number', { maxTokenBytes: NaN }],
    ])('refuses everything with %s', async (_name, changes) => {
      const policy = { ...policyOf([anAuthorizationServer()]), ...changes };
      const presented = { token: token(), carrier: 'Bearer' } as const;
      await expect(verifyToken(presented, policy)).rejects.toBeInstanceOf(AccessError);
    });
  });

  it('refuses the cheapest first', async () => {
    const order: [AccessErrorCode, JsonObject, JsonObject, Carrier][] = [
      ['TOKEN_MALFORMED', { iss: 'https://evil.example' }, { crit: ['a'] }, 'Token'],
      ['ISSUER_UNTRUSTED', { iss: 'https://evil.example' }, { typ: 'x' }, 'Token'],
      ['CARRIER_MISMATCH', {}, { typ: 'x', alg: 'none' }, 'Token'],
      ['TYPE_MISMATCH', { exp: 1 }, { typ: 'x', alg: 'none' }, 'Bearer'],
      ['ALGORITHM_FORBIDDEN', { exp: 1 }, { alg: 'none' }, 'Bearer'],
      ['CLAIM_INVALID', { exp: 1 }, { kid: 'unknown' }, 'Bearer'],
      ['TOKEN_EXPIRED', { iat: 1, exp: 2 }, { kid: 'unknown' }, 'Bearer'],
    ];
    for (const [code, changes, header, carrier] of order)
      expect((await refusal({ token: token(changes, header), carrier })).code).toBe(code);
  });

  it('never puts a token, a signature or a key into its detail', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = aJwt(claims(), {}, privateKey);
    const other = sign('sha256', Buffer.from('x'), privateKey).toString('base64url');
    for (const bad of [forged, `${forged}x`, `${forged}.${other}`, forged.slice(0, -4)]) {
      const { detail } = await refusal({ token: bad });
      for (const part of bad.split('.').filter(({ length }) => length > 8))
        expect(JSON.stringify(detail)).not.toContain(part);
    }
  });
});
