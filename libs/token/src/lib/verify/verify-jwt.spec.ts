import { aJwt, auth, clockAt, es256Key, keysOf, now } from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import { assertionIssuer } from '../trust/assertion-issuer.js';
import type { AssertionIssuerOptions } from '../trust/assertion-issuer.js';
import { trustDomainOf } from '../trust/spiffe-id.js';
import { tokenProfiles } from '../trust/token-profiles.js';
import type { JsonObject, TokenProfile, TrustedIssuer } from '../types.js';
import type { JwtPolicy } from './jwt-policy.js';
import { toPrincipal } from './to-principal.js';
import { verifyJwt } from './verify-jwt.js';

const client = 'shop';
const svid = 'spiffe://example.org/ns/shop/sa/web';

const issuer = (options: Partial<AssertionIssuerOptions> = {}): TrustedIssuer =>
  assertionIssuer({
    name: client,
    issuer: client,
    profile: tokenProfiles.clientAssertion,
    algorithms: ['ES256'],
    maxLifetime: '5m',
    keys: keysOf(es256Key()),
    ...options,
  });

const spiffe = (options: Partial<AssertionIssuerOptions> = {}): TrustedIssuer =>
  issuer({ issuer: 'spiffe://example.org', profile: tokenProfiles.spiffeAssertion, ...options });

const claims: JsonObject = {
  iss: client,
  sub: client,
  aud: auth,
  jti: 'one',
  iat: now,
  exp: now + 60,
};

const policy = (issuerOf: JwtPolicy['issuerOf'], offset = 0): JwtPolicy => ({
  issuerOf,
  clock: clockAt(offset),
  clockTolerance: 10,
  maxTokenBytes: 8192,
});

const judge = async (token: string, by: TrustedIssuer | undefined, offset = 0): Promise<string> => {
  try {
    await verifyJwt(
      token,
      policy(() => by, offset),
    );
  } catch (error) {
    if (error instanceof AccessError) return error.code;
    throw error;
  }
  return 'accepted';
};

const assertion = (changes: JsonObject = {}, typ: string | undefined = undefined) =>
  aJwt({ ...claims, ...changes }, { typ });

describe('verifyJwt', () => {
  it('verifies an assertion that came by no carrier, and makes no principal of it', async () => {
    const verified = await verifyJwt(
      assertion(),
      policy(({ iss }) => (iss === client ? issuer() : undefined)),
    );
    expect(verified).toMatchObject({ audience: [auth], issuedAt: now, expiresAt: now + 60 });
    expect(() => toPrincipal(verified)).toThrow(TypeError);
  });

  it('shows claims and header to whoever names the issuer, who may take their time', async () => {
    const seen: unknown[] = [];
    await verifyJwt(
      assertion(),
      policy(async (...unverified) => {
        seen.push(...unverified);
        return issuer();
      }),
    );
    expect(seen).toEqual([claims, { alg: 'ES256', kid: 'one' }]);
  });

  it('refuses what nobody is trusted with', async () => {
    expect(await judge(assertion(), undefined)).toBe('ISSUER_UNTRUSTED');
  });

  it('refuses another iss than that of the issuer it was given', async () => {
    expect(await judge(assertion({ iss: 'other' }), issuer())).toBe('ISSUER_UNTRUSTED');
    expect(await judge(assertion({ iss: [client] }), issuer())).toBe('CLAIM_INVALID');
    expect(await judge(assertion({ iss: undefined }), issuer())).toBe('CLAIM_INVALID');
  });

  describe('kinds of JWT', () => {
    const kinds = Object.entries(tokenProfiles).filter(([name]) => name !== 'accessToken');

    it.each(kinds)('takes no access token as %s', async (_name, profile) => {
      const by = profile.issuedBy === 'trust-domain' ? spiffe({ profile }) : issuer({ profile });
      const token = assertion({ sub: svid, epoch: 'e', client_id: client }, 'at+jwt');
      expect(await judge(token, by)).toBe('TYPE_MISMATCH');
    });

    it.each<[keyof typeof tokenProfiles, string | undefined]>([
      ['clientAssertion', 'client-authentication+jwt'],
      ['clientAssertion', 'JWT'],
      ['clientAssertion', undefined],
      ['workloadAssertion', undefined],
      ['grantAssertion', 'service+jwt'],
      ['revocations', 'application/revocations+jwt'],
    ])('takes as %s the typ %s', async (name, typ) => {
      const token = assertion({ epoch: 'e' }, typ);
      expect(await judge(token, issuer({ profile: tokenProfiles[name] }))).toBe('accepted');
    });

    it.each<[keyof typeof tokenProfiles, string]>([
      ['clientAssertion', 'service+jwt'],
      ['clientAssertion', 'dpop+jwt'],
      ['workloadAssertion', 'client-authentication+jwt'],
      ['grantAssertion', 'client-authentication+jwt'],
      ['serviceToken', 'jwt'],
      ['revocations', 'jwt'],
    ])('refuses as %s the typ %s', async (name, typ) => {
      const token = assertion({ epoch: 'e' }, typ);
      expect(await judge(token, issuer({ profile: tokenProfiles[name] }))).toBe('TYPE_MISMATCH');
    });

    it.each([
      ['clientAssertion', 'jti'],
      ['clientAssertion', 'sub'],
      ['workloadAssertion', 'sub'],
      ['grantAssertion', 'sub'],
      ['workloadAssertion', 'iat'],
      ['workloadAssertion', 'aud'],
    ] as const)('wants of %s the claim %s', async (name, claim) => {
      const by = issuer({ profile: tokenProfiles[name] });
      expect(await judge(assertion({ [claim]: undefined }), by)).toBe('CLAIM_INVALID');
    });

    it('reads no audience where there is none, but refuses one of the wrong form', async () => {
      const by = issuer({ profile: tokenProfiles.revocations });
      const said = (aud: JsonObject['aud']) => assertion({ aud, epoch: 'e' }, 'revocations+jwt');
      expect(await judge(said(undefined), by)).toBe('accepted');
      expect(await judge(said(7), by)).toBe('CLAIM_INVALID');
    });
  });

  describe('of a SPIFFE workload', () => {
    const token = (changes: JsonObject = {}) =>
      assertion({ iss: undefined, iat: undefined, jti: undefined, sub: svid, ...changes });

    it('needs neither iss nor iat', async () => {
      const verified = await verifyJwt(
        token(),
        policy(() => spiffe()),
      );
      expect(verified.issuedAt).toBeUndefined();
    });

    it.each([
      ['another trust domain', 'spiffe://example.com/web'],
      ['a trust domain that only starts alike', 'spiffe://example.org.evil/web'],
      ['a client id', client],
    ])('refuses %s', async (_name, sub) => {
      expect(await judge(token({ sub }), spiffe())).toBe('ISSUER_UNTRUSTED');
    });

    it('judges its life by exp alone, and asks the keys as of now', async () => {
      const keys = keysOf(es256Key());
      const by = spiffe({ keys });
      expect(await judge(token({ exp: now + 310 }), by)).toBe('accepted');
      expect(await judge(token({ exp: now + 311 }), by)).toBe('LIFETIME_TOO_LONG');
      expect(await judge(token({ exp: now - 10 }), by)).toBe('TOKEN_EXPIRED');
      expect(await judge(token({ nbf: now + 11 }), by)).toBe('TOKEN_NOT_YET_VALID');
      expect(keys.asked).toEqual([{ kid: 'one', algorithm: 'ES256', issuedAt: now }]);
    });

    it('refuses an iat of the wrong form, and a far one', async () => {
      expect(await judge(token({ iat: 'now' }), spiffe())).toBe('CLAIM_INVALID');
      expect(await judge(token({ iat: now - 600 }), spiffe())).toBe('LIFETIME_TOO_LONG');
    });
  });
});

describe('trustDomainOf', () => {
  it.each(['spiffe://example.org', svid, 'spiffe://a/b.c_d-e'])('reads %s', (id) => {
    expect(trustDomainOf(id)).toBe(id.split('/').slice(0, 3).join('/'));
  });

  it.each([
    'spiffe://Example.org/a',
    'SPIFFE://example.org/a',
    'spiffe://example.org/',
    'spiffe://example.org/a/',
    'spiffe://example.org//a',
    'spiffe://example.org/../a',
    'spiffe://example.org/.',
    'spiffe://example.org/a%2fb',
    'spiffe://example.org:1/a',
    'spiffe://user@example.org/a',
    'spiffe://example.org/a?b',
    'spiffe:///a',
    'https://example.org/a',
    `spiffe://example.org/${'a'.repeat(2048)}`,
    '',
    7,
    null,
  ])('refuses %p', (id) => {
    expect(trustDomainOf(id)).toBeUndefined();
  });
});

describe('assertionIssuer', () => {
  it.each<[string, object]>([
    ['name', { name: '' }],
    ['issuer', { issuer: '' }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['HS256'] }],
    ['algorithms', { algorithms: ['none'] }],
    ['maxLifetime', { maxLifetime: 0 }],
    ['maxLifetime', { maxLifetime: '25h' }],
    ['subjects', { subjects: ['https://census.example/user'] }],
    ['audiences', { audiences: [] }],
  ])('refuses at once a wrong %s: %p', (option, options) => {
    expect(() => issuer(options)).toThrow(new RegExp(`^${option} `));
  });

  it('is frozen, and so is its profile', () => {
    const profile: TokenProfile = tokenProfiles.clientAssertion;
    for (const part of [issuer(), profile, profile.types, profile.requiredClaims])
      expect(Object.isFrozen(part)).toBe(true);
  });
});
