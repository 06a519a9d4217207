import {
  accessTokenClaims,
  aJwt,
  anAuthorizationServer,
  aServicePeer,
  census,
  clockAt,
  es256Key,
  keysOf,
  now,
  serviceTokenClaims,
  user42,
} from '../../../test/builders.js';
import type { ProtectedRule } from '../authorize/access-rule.js';
import { createAuthenticator } from '../cache/create-authenticator.js';
import type { AccessError, AccessErrorCode } from '../errors.js';
import type { Carrier, JsonObject } from '../types.js';
import { explainToken } from './explain-token.js';

const issuers = [anAuthorizationServer(), aServicePeer()];
const policy = {
  trust: { find: (iss: string) => issuers.find(({ issuer }) => issuer === iss) },
  clock: clockAt(),
  clockTolerance: 10,
  maxTokenBytes: 8192,
};
const audiences = { census };
const rule = (...require: ProtectedRule['require']): ProtectedRule => ({
  access: 'protected',
  audience: 'census',
  require,
});
const scopes = (...names: string[]) => ({ kind: 'scopes', match: 'all', scopes: names }) as const;

const ask = (
  claims: JsonObject,
  route = rule(),
  header: object = {},
  carrier: Carrier = 'Bearer',
) => explainToken({ token: aJwt(claims, header), carrier }, policy, { rule: route, audiences });

describe('explainToken', () => {
  it('grants what holds, and tells every step', async () => {
    const { outcome, trace } = await ask(accessTokenClaims, rule(scopes('users:read')));
    expect(outcome).toBe('granted');
    expect(trace.map(({ check }) => check)).toEqual(
      'credentials form issuer carrier type algorithm claims times key signature principal audience scopes'.split(
        ' ',
      ),
    );
    expect(trace.every((step) => step.outcome === 'passed')).toBe(true);
  });

  it.each<[AccessErrorCode, string, JsonObject, object, ProtectedRule]>([
    ['ISSUER_UNTRUSTED', 'issuer', { iss: 'https://other.example' }, {}, rule()],
    ['TYPE_MISMATCH', 'type', {}, { typ: 'JWT' }, rule()],
    ['ALGORITHM_FORBIDDEN', 'algorithm', {}, { alg: 'none' }, rule()],
    ['CLAIM_INVALID', 'jti', { jti: '' }, {}, rule()],
    ['CLAIM_INVALID', 'audience', { aud: 7 }, {}, rule()],
    ['LIFETIME_TOO_LONG', 'lifetime', { exp: now + 7200 }, {}, rule()],
    ['TOKEN_EXPIRED', 'times', { iat: now - 100, exp: now - 50 }, {}, rule()],
    ['TOKEN_NOT_YET_VALID', 'times', { iat: now + 60 }, {}, rule()],
    ['KEY_UNKNOWN', 'token', {}, { kid: 'two' }, rule()],
    [
      'SUBJECT_FORBIDDEN',
      'subject',
      { sub: 'https://x.example/', act: { sub: 'herald-client' } },
      {},
      rule(),
    ],
    ['AUDIENCE_MISMATCH', 'audience', { aud: 'https://x.example/' }, {}, rule()],
    ['SCOPE_MISSING', 'scopes', {}, {}, rule(scopes('users:delete'))],
    ['CLAIM_INVALID', 'cnf', { cnf: {} }, {}, rule()],
  ])(
    'ends %s at the check %s, as the verifier does',
    async (code, check, changes, header, route) => {
      const { outcome, trace, error } = await ask(
        { ...accessTokenClaims, ...changes },
        route,
        header,
      );
      expect([outcome, error?.code]).toEqual(['refused', code]);
      expect(trace.at(-1)).toMatchObject({ check, outcome: 'failed', code });
      expect(trace.slice(0, -1).every((step) => step.outcome === 'passed')).toBe(true);
    },
  );

  it('finds what an authenticator without a trace finds', async () => {
    const plain = createAuthenticator(policy, 'off');
    for (const changes of [{}, { aud: [] }, { exp: now - 60, iat: now - 90 }, { client_id: '' }]) {
      const presented = {
        token: aJwt({ ...accessTokenClaims, ...changes }),
        carrier: 'Bearer',
      } as const;
      const found = await plain.authenticate(presented).then(
        () => undefined,
        (error: AccessError) => error.code,
      );
      const explained = await explainToken(presented, policy, { rule: rule(), audiences });
      expect(explained.error?.code).toBe(found);
    }
  });

  it('leaves open what only a request or the service can tell', async () => {
    const { outcome, trace } = await ask(accessTokenClaims, {
      ...rule({ kind: 'policy', policy: 'Owner', options: null }),
      bound: 'request',
      singleUse: true,
      senderConstrained: true,
    });
    expect(outcome).toBe('pending');
    expect(trace.filter((step) => step.outcome === 'pending').map(({ check }) => check)).toEqual([
      'policy:Owner',
      'possession',
      'binding',
      'single use',
    ]);
  });

  it('tells a peer that claims what it may not assert where to allow it', async () => {
    const claims = { ...serviceTokenClaims, scope: 'users:read users:write' };
    const { error } = await ask(claims, rule(scopes('users:write')), { typ: 'service+jwt' }, 'JWT');
    expect(error?.detail).toMatchObject({ fix: expect.stringContaining('mayAssert') as string });
    expect(error?.detail.command).toBeUndefined();
  });

  it('makes no command of words that a shell would read', async () => {
    const command = async (client: string) => {
      const claims = { ...accessTokenClaims, client_id: client, sub: client };
      return (await ask(claims, rule(scopes('users:delete')))).error?.detail.command;
    };
    expect(await command('web')).toBe('countersign grant add web census --scope users:delete');
    for (const client of ['$(id)', 'a;b', '`id`', "a'b", '-rf', 'a|b', 'a&b', '~$x'])
      expect([client, await command(client)]).toEqual([client, undefined]);
  });

  it('names one scope to grant where one is enough', async () => {
    const either = { kind: 'scopes', match: 'any', scopes: ['one', 'two'] } as const;
    const { error } = await ask(accessTokenClaims, rule({ kind: 'allOf', of: [either] }));
    expect(error?.detail.command).toMatch(/--scope one$/);
  });

  it('holds neither the token nor its key', async () => {
    const token = aJwt({ ...accessTokenClaims, sub: user42, act: { sub: 'herald-client' } });
    const route = { rule: rule(scopes('none')), audiences };
    const { trace } = await explainToken({ token, carrier: 'Bearer' }, policy, route);
    for (const part of token.split('.')) expect(JSON.stringify(trace)).not.toContain(part);
  });

  it('lets through what is no refusal', async () => {
    const broken = anAuthorizationServer({
      keys: { ...keysOf(es256Key()), find: () => Promise.reject(new Error('broken')) },
    });
    const trust = { find: () => broken };
    const presented = { token: aJwt(accessTokenClaims), carrier: 'Bearer' } as const;
    await expect(
      explainToken(presented, { ...policy, trust }, { rule: rule(), audiences }),
    ).rejects.toThrow('broken');
  });
});
