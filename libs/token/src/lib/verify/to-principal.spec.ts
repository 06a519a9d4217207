import {
  accessTokenClaims,
  anAuthorizationServer,
  aServicePeer,
  auth,
  census,
  herald,
  now,
  serviceTokenClaims,
  user42,
  verified,
} from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import type { Json, JsonObject, TrustedIssuer } from '../types.js';
import { toPrincipal } from './to-principal.js';

const fromServer = (changes: JsonObject = {}, issuer: Partial<TrustedIssuer> = {}) =>
  toPrincipal(verified(anAuthorizationServer(issuer), { ...accessTokenClaims, ...changes }));
const fromPeer = (changes: JsonObject = {}, issuer: Partial<TrustedIssuer> = {}) =>
  toPrincipal(verified(aServicePeer(issuer), { ...serviceTokenClaims, ...changes }));
const forUser = { sub: user42, act: { sub: 'herald-client' } };

function refusal(run: () => unknown): AccessError {
  try {
    run();
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('toPrincipal', () => {
  describe('of an authorization server', () => {
    it('knows a client that calls of its own right', () => {
      expect(fromServer()).toEqual({
        caller: { kind: 'service', issuer: auth, id: 'herald-client', name: 'herald' },
        subject: undefined,
        scopes: ['users:read', 'users:write'],
        audience: [census],
        claims: accessTokenClaims,
        expiresAt: now + 60,
      });
    });

    it('knows a client that acts for a user', () => {
      const { caller, subject } = fromServer(forUser);
      expect(caller.id).toBe('herald-client');
      expect(subject).toEqual({ kind: 'user', issuer: auth, uri: user42 });
    });

    it('takes the outermost actor for the current one, and the rest for history', () => {
      const act = { sub: 'herald-client', iss: auth, act: { sub: 'console', act: { sub: 'web' } } };
      expect(fromServer({ ...forUser, act }).caller.id).toBe('herald-client');
      const inner = { sub: 'console', act: { sub: 'herald-client' } };
      expect(refusal(() => fromServer({ ...forUser, act: inner })).code).toBe('CLAIM_INVALID');
    });

    it.each(['other-client', 'toString', 'constructor'])(
      'gives a client %s that has no name among us none',
      (id) => {
        expect(fromServer({ sub: id, client_id: id }).caller.name).toBeUndefined();
      },
    );

    it.each<[name: string, changes: JsonObject]>([
      ['no client_id', { client_id: undefined }],
      ['an empty client_id', { client_id: '' }],
      ['client_id as a list', { client_id: ['herald-client'] }],
      ['a client_id that is a URI', { client_id: user42, sub: user42 }],
      ['a client_id with a blank', { client_id: 'a b', sub: 'a b' }],
      ['a client_id of 129 characters', { client_id: 'a'.repeat(129), sub: 'a'.repeat(129) }],
      ['a client_id with a newline', { client_id: 'a\n', sub: 'a\n' }],
      ['no sub', { sub: undefined }],
      ['no jti', { jti: undefined }],
      ['jti as a number', { jti: 1 }],
      ['act in a token of its own right', { act: { sub: 'herald-client' } }],
      ['act null in a token of its own right', { act: null }],
      ['a user without act', { sub: user42 }],
      ['a user and act null', { sub: user42, act: null }],
      ['a user and act as a string', { sub: user42, act: 'herald-client' }],
      ['a user and a list of actors', { sub: user42, act: [{ sub: 'herald-client' }] }],
      ['a user and act without sub', { sub: user42, act: {} }],
      ['a user and another actor', { sub: user42, act: { sub: 'other-client' } }],
      [
        'a user and an actor of another issuer',
        { sub: user42, act: { sub: 'herald-client', iss: herald } },
      ],
      [
        'a user and an actor under iss null',
        { ...forUser, act: { sub: 'herald-client', iss: null } },
      ],
    ])('refuses %s with CLAIM_INVALID', (_name, changes) => {
      const error = refusal(() => fromServer(changes));
      expect([error.code, error.detail.issuer]).toEqual(['CLAIM_INVALID', 'auth']);
    });
  });

  describe('of a service that signs itself', () => {
    it('knows the service, by our name, and its user', () => {
      expect(fromPeer()).toEqual({
        caller: { kind: 'service', issuer: herald, id: herald, name: 'herald' },
        subject: { kind: 'user', issuer: herald, uri: user42 },
        scopes: ['users:read'],
        audience: [census],
        claims: serviceTokenClaims,
        expiresAt: now + 60,
      });
    });

    it.each<[string, JsonObject]>([
      ['is missing', { sub: undefined }],
      ['is the service', { sub: herald }],
    ])('knows no user where sub %s', (_name, changes) => {
      expect(fromPeer(changes).subject).toBeUndefined();
    });

    it('takes no name from the token', () => {
      const { caller } = fromPeer({ client_id: 'billing', azp: 'billing', name: 'billing' });
      expect([caller.id, caller.name]).toEqual([herald, 'herald']);
    });

    it.each<[name: string, changes: JsonObject]>([
      ['an act', { act: { sub: herald } }],
      ['act null', { act: null }],
      ['no jti', { jti: undefined }],
      ['an empty sub', { sub: '' }],
      ['sub as a number', { sub: 42 }],
      ['sub null', { sub: null }],
    ])('refuses %s with CLAIM_INVALID', (_name, changes) => {
      const error = refusal(() => fromPeer(changes));
      expect([error.code, error.detail.issuer]).toEqual(['CLAIM_INVALID', 'herald']);
    });

    it('does without jti only where the issuer is legacy', () => {
      const profile = { name: 'legacy-service-token', types: [null], requiredClaims: [] } as const;
      expect(fromPeer({ jti: undefined }, { profile }).caller.name).toBe('herald');
      expect(refusal(() => fromPeer({ act: {} }, { profile })).code).toBe('CLAIM_INVALID');
    });
  });

  describe('subject', () => {
    const outside: [name: string, sub: string][] = [
      ['another host', 'https://evil.example/user/42/'],
      ['another path', `${census}admin/1/`],
      ['the prefix itself', `${census}user/`],
      ['a path that only starts alike', `${census}users/42/`],
      ['dots', `${census}user/../admin/`],
      ['an encoded slash', `${census}user/..%2fadmin/`],
      ['a query', `${census}user/42/?x`],
      ['a fragment', `${census}user/42/#x`],
      ['user information', 'https://census.example@evil.example/user/42/'],
      ['upper case', 'HTTPS://census.example/user/42/'],
      ['the default port', 'https://census.example:443/user/42/'],
      ['no URI', '42'],
      ['a trailing blank', `${user42} `],
      ['another client', 'other-client'],
    ];

    it.each(outside)('refuses %s with SUBJECT_FORBIDDEN', (_name, sub) => {
      const own = refusal(() => fromPeer({ sub }));
      const delegated = refusal(() => fromServer({ ...forUser, sub }));
      for (const error of [own, delegated])
        expect([error.code, error.status]).toEqual(['SUBJECT_FORBIDDEN', 403]);
    });

    it('lets an issuer without prefixes speak for nobody', () => {
      const none = { subjects: [] };
      expect(refusal(() => fromPeer({}, none)).code).toBe('SUBJECT_FORBIDDEN');
      expect(refusal(() => fromServer(forUser, none)).code).toBe('SUBJECT_FORBIDDEN');
    });
  });

  describe('scopes', () => {
    it('holds none where the token has none', () => {
      expect(fromPeer({ scope: undefined }).scopes).toEqual([]);
      expect(fromServer({ scope: undefined }).scopes).toEqual([]);
    });

    it('leaves out what the issuer may not assert', () => {
      const scope = 'users:write users:read users:readx USERS:READ *';
      expect(fromPeer({ scope }).scopes).toEqual(['users:read']);
      expect(fromPeer({ scope }, { mayAssert: [] }).scopes).toEqual([]);
    });

    it('counts a repeated scope once, and keeps an odd one whole', () => {
      expect(fromServer({ scope: 'a b a' }).scopes).toEqual(['a', 'b']);
      expect(fromServer({ scope: 'a,b' }).scopes).toEqual(['a,b']);
      expect(fromServer({ scope: '__proto__' }).scopes).toEqual(['__proto__']);
    });

    it.each<[name: string, scope: Json]>([
      ['an empty string', ''],
      ['a blank', ' '],
      ['a leading space', ' a'],
      ['a trailing space', 'a '],
      ['two spaces', 'a  b'],
      ['a TAB', 'a\tb'],
      ['a newline', 'a\nb'],
      ['a no-break space', 'a\u00a0b'],
      ['a quote', 'a"b'],
      ['a backslash', 'a\\b'],
      ['a list', ['a']],
      ['null', null],
      ['an object', { a: true }],
    ])('refuses %s with CLAIM_INVALID', (_name, scope) => {
      expect(refusal(() => fromServer({ scope })).code).toBe('CLAIM_INVALID');
      expect(refusal(() => fromPeer({ scope })).code).toBe('CLAIM_INVALID');
    });
  });

  it('freezes what it returns', () => {
    const principal = fromServer({ ...forUser, extra: { list: [] } });
    const { caller, subject, scopes, claims } = principal;
    for (const value of [principal, caller, subject, scopes, claims, claims['extra']])
      expect(Object.isFrozen(value)).toBe(true);
  });
});
