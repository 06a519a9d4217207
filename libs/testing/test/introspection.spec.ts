import {
  clientSecretBasic,
  createAuthenticator,
  createSigner,
  createTrustRegistry,
  introspectionServer,
  privateKeyJwt,
} from '@countersign/token';
import type {
  AccessError,
  Authenticator,
  Carrier,
  Identity,
  IntrospectionServerOptions,
  TrustEntry,
} from '@countersign/token';

import {
  aToken,
  compactJwt,
  createTestIssuer,
  createTestKey,
  refusingIntrospectionModes,
  startIntrospection,
  testClock,
  unusableIntrospectionModes,
  usableIntrospectionModes,
} from '../src/index.js';
import type {
  IntrospectionMode,
  IntrospectionQuestion,
  TestClock,
  TestIssuer,
  TestIntrospection,
} from '../src/index.js';

const census = 'https://census.example/';
const secret = 'the-secret-of-census';
const client = clientSecretBasic('census', secret);

let server: TestIntrospection;
let clock: TestClock;

beforeEach(async () => {
  server = await startIntrospection();
  clock = testClock();
  server.tokens.set('opaque', active());
});

afterEach(() => server.close());

function active(): Record<string, string | number> {
  return {
    sub: 'herald-client',
    client_id: 'herald-client',
    aud: census,
    scope: 'users:read users:write',
    iat: clock.now() - 5,
    exp: clock.now() + 300,
  };
}

function entry(options: Partial<IntrospectionServerOptions> = {}): TrustEntry {
  return introspectionServer('legacy', {
    issuer: server.issuer,
    endpoint: server.endpoint,
    client,
    mayAssert: ['users:read'],
    callers: { 'herald-client': 'herald' },
    ...options,
  });
}

function authenticator(entries: readonly TrustEntry[] = [entry()]): Authenticator {
  const trust = createTrustRegistry(entries, { clock });
  return createAuthenticator({ trust, clock, clockTolerance: 10, maxTokenBytes: 8192 });
}

const present = (who: Authenticator, token = 'opaque', carrier: Carrier = 'Bearer') =>
  who.recall({ token, carrier }) ?? who.authenticate({ token, carrier });

async function refusal(attempt: Identity | Promise<Identity>): Promise<AccessError> {
  try {
    await attempt;
  } catch (error) {
    return error as AccessError;
  }
  throw new Error('it was accepted');
}

describe('introspectionServer', () => {
  it('makes the principal of what the server says', async () => {
    const { principal, verified } = await present(authenticator());
    expect(principal).toMatchObject({
      caller: { kind: 'service', issuer: server.issuer, id: 'herald-client', name: 'herald' },
      subject: undefined,
      scopes: ['users:read'],
      audience: [census],
    });
    expect(verified.kid).toBeUndefined();
    expect(Object.isFrozen(verified.claims)).toBe(true);
  });

  it('asks with our credentials, for an access token, by POST', async () => {
    await present(authenticator());
    const { headers, form, path } = server.questions[0] as IntrospectionQuestion;
    expect(path).toBe('/introspect');
    expect(form).toEqual({ token: 'opaque', token_type_hint: 'access_token' });
    expect(headers['authorization']).toBe(
      `Basic ${Buffer.from(`census:${secret}`).toString('base64')}`,
    );
  });

  it('asks with a signed assertion, and finds the endpoint by metadata', async () => {
    const { signingKey } = createTestKey('ES256', 'one');
    const signer = createSigner({ algorithm: 'ES256', kid: 'one', privateKey: signingKey });
    const found = introspectionServer('legacy', {
      issuer: server.issuer,
      client: privateKeyJwt('census', { signer, clock }),
      mayAssert: 'any',
    });
    await present(authenticator([found]));
    const [question] = server.questions;
    expect(question?.headers['authorization']).toBeUndefined();
    expect(question?.form['client_assertion']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('knows a user only by act, below a listed prefix, unless act is given up', async () => {
    const user = 'https://census.example/user/42/';
    const subjects = ['https://census.example/user/'];
    server.tokens.set('user', { ...active(), sub: user, act: { sub: 'herald-client' } });
    server.tokens.set('bare', { ...active(), sub: 'ann' });
    const { principal } = await present(authenticator([entry({ subjects })]), 'user');
    expect(principal.subject?.uri).toBe(user);
    const relaxed = entry({
      subjects: { prefix: 'https://people.example/' },
      relaxations: ['act-missing'],
    });
    const bare = await present(authenticator([relaxed]), 'bare');
    expect(bare.principal.subject?.uri).toBe('https://people.example/ann');
    expect(bare.principal.relaxed).toEqual(['act-missing']);
  });

  it('passes cnf on, so that the sender has to prove himself', async () => {
    const cnf = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    server.tokens.set('bound', { ...active(), token_type: 'DPoP', cnf });
    const { verified } = await present(authenticator(), 'bound', 'DPoP');
    expect(verified.claims['cnf']).toEqual(cnf);
  });
});

describe('what is sent to whom', () => {
  let other: TestIssuer;

  beforeEach(() => {
    other = createTestIssuer({ issuer: 'https://auth.example', clock });
  });

  it.each([
    ['a JWT of another trusted issuer', () => aToken().from(other).to(census).sign(), 'accepted'],
    ['that JWT, damaged', () => `${aToken().from(other).to(census).sign()}=`, 'TOKEN_MALFORMED'],
    [
      'that JWT in four parts',
      () => `${aToken().from(other).to(census).sign()}.x`,
      'TOKEN_MALFORMED',
    ],
    [
      'the beginning of that JWT',
      () => aToken().from(other).to(census).sign().split('.').slice(0, 2).join('.'),
      'TOKEN_MALFORMED',
    ],
    [
      'a JWT whose header begins with a blank',
      () => compactJwt(' {"alg":"ES256"}', {}, Buffer.from('x')),
      'CLAIM_INVALID',
    ],
    [
      'a JWT of nobody we know',
      () => compactJwt({ alg: 'ES256' }, { iss: 'https://x.example' }, Buffer.from('x')),
      'ISSUER_UNTRUSTED',
    ],
    [
      'a JWT of the server that is asked about opaque tokens only',
      () => compactJwt({ alg: 'ES256', typ: 'at+jwt' }, { iss: server.issuer }, Buffer.from('x')),
      'TYPE_MISMATCH',
    ],
    ['a token that is too long', () => 'x'.repeat(8193), 'TOKEN_MALFORMED'],
  ])('never sends %s', async (_what, make, expected) => {
    const who = authenticator([entry(), other.trustEntry()]);
    const token = make();
    const code = await Promise.resolve()
      .then(() => present(who, token))
      .then(
        () => 'accepted',
        (error: AccessError) => error.code,
      );
    expect([code, server.questions]).toEqual([expected, []]);
  });

  it.each(['opaque.with.dots', 'ya29.a0AfH6SMB', '..', 'e30', 'abc'])(
    'sends an opaque token such as %s, as it is',
    async (token) => {
      server.tokens.set(token, active());
      await present(authenticator(), token);
      expect(server.questions[0]?.form['token']).toBe(token);
    },
  );

  it('sends JWTs that name the server where that is configured', async () => {
    const jwt = compactJwt({ alg: 'none' }, { iss: server.issuer }, Buffer.from('x'));
    server.tokens.set(jwt, active());
    const { principal } = await present(authenticator([entry({ tokens: 'any' })]), jwt);
    expect(principal.caller.name).toBe('herald');
  });

  it('sends nothing that came in another carrier', async () => {
    const who = authenticator([entry({ carrier: 'Token' })]);
    expect((await refusal(present(who))).code).toBe('TOKEN_MALFORMED');
    expect(server.questions).toEqual([]);
    expect((await present(who, 'opaque', 'Token')).principal.caller.name).toBe('herald');
  });

  it('refuses to start with two servers for one carrier', () => {
    const issuer = 'https://second.example';
    const second = introspectionServer('second', { issuer, client, mayAssert: [] });
    expect(() => createTrustRegistry([entry(), second])).toThrow(
      new TypeError('trust names the introspection server of carrier Bearer twice'),
    );
  });

  it('asks nobody at a private address that is not listed', async () => {
    const error = await refusal(present(authenticator([entry({ networks: [] })])));
    expect(error.code).toBe('INTROSPECTION_UNAVAILABLE');
    expect(server.questions).toEqual([]);
    const allowed = authenticator([entry({ networks: ['127.0.0.0/8'] })]);
    expect((await present(allowed)).principal.caller.name).toBe('herald');
  });
});

describe('a hostile introspection server', () => {
  it.each(usableIntrospectionModes)('is understood when it answers %s', async (mode) => {
    server.mode = mode;
    expect((await present(authenticator())).principal.caller.name).toBe('herald');
  });

  it.each(Object.entries(refusingIntrospectionModes) as [IntrospectionMode, string][])(
    'decides when it answers %s: %s',
    async (mode, code) => {
      server.mode = mode;
      const subjects = ['https://census.example/user/'];
      const error = await refusal(present(authenticator([entry({ subjects })])));
      expect(error.code).toBe(code);
    },
  );

  it.each(unusableIntrospectionModes)('decides nothing when it answers %s', async (mode) => {
    server.mode = mode;
    const error = await refusal(present(authenticator([entry({ timeout: '300ms' })])));
    expect([error.code, error.status]).toEqual(['INTROSPECTION_UNAVAILABLE', 503]);
    expect(error.retryAfter).toBeGreaterThanOrEqual(1);
    const told = JSON.stringify([error.detail, (error.cause as Error).message]);
    expect(told).not.toMatch(/opaque|the-secret/);
    // Neither the token nor our credentials went anywhere else.
    expect(server.questions.map(({ path }) => path)).toEqual(['/introspect']);
    server.mode = 'good';
    clock.advance('10s');
    expect((await present(authenticator())).principal.caller.name).toBe('herald');
  });
});

describe('an introspection server in trouble', () => {
  it('is asked once for all who present the same token', async () => {
    const who = authenticator();
    const all = await Promise.all(Array.from({ length: 50 }, () => present(who)));
    expect(new Set(all.map(({ principal }) => principal.caller.name))).toEqual(new Set(['herald']));
    expect(server.questions).toHaveLength(1);
  });

  it('is asked one question after it failed twice, and after pauses that grow', async () => {
    const who = authenticator();
    server.mode = 'status-500';
    for (const token of ['a', 'b']) server.tokens.set(token, active());
    await refusal(present(who, 'a'));
    await refusal(present(who, 'b'));
    expect((await refusal(present(who))).retryAfter).toBe(1);
    expect(server.questions).toHaveLength(2);
    clock.advance('1s');
    const attempts = ['a', 'b', 'opaque'].map((token) => refusal(present(who, token)));
    expect((await Promise.all(attempts)).map(({ code }) => code)).toEqual(
      Array(3).fill('INTROSPECTION_UNAVAILABLE'),
    );
    expect(server.questions).toHaveLength(3);
    expect((await refusal(present(who))).retryAfter).toBe(2);
    server.mode = 'good';
    clock.advance('2s');
    expect((await present(who)).principal.caller.name).toBe('herald');
    expect((await present(who, 'b')).principal.caller.name).toBe('herald');
  });

  it('is left alone for as long as it asks for, up to 30 s', async () => {
    const who = authenticator();
    server.mode = 'status-429';
    expect((await refusal(present(who))).retryAfter).toBe(7);
    server.mode = 'good';
    clock.advance('6s');
    await refusal(present(who));
    clock.advance('1s');
    await present(who);
    expect(server.questions).toHaveLength(2);
  });

  it('does not let one token that it cannot bear stop the others', async () => {
    const who = authenticator();
    server.mode = 'status-400';
    for (let times = 0; times < 5; times += 1) await refusal(present(who));
    server.mode = 'good';
    expect((await present(who)).principal.caller.name).toBe('herald');
  });

  it('is never asked more questions at a time than allowed', async () => {
    const who = authenticator([entry({ concurrency: 3 })]);
    const release = server.hold();
    for (let one = 0; one < 9; one += 1) server.tokens.set(`token-${one}`, active());
    const all = Array.from({ length: 9 }, (_, one) =>
      Promise.resolve(present(who, `token-${one}`)).then(
        () => 'accepted',
        (error: AccessError) => error.code,
      ),
    );
    expect(await Promise.all(all.slice(3))).toEqual(Array(6).fill('INTROSPECTION_UNAVAILABLE'));
    release();
    expect(await Promise.all(all.slice(0, 3))).toEqual(Array(3).fill('accepted'));
    expect(server.questions).toHaveLength(3);
  });

  it('keeps callers that are known while it is down', async () => {
    const who = authenticator();
    await present(who);
    await server.close();
    clock.advance('29s');
    expect((await present(who)).principal.caller.name).toBe('herald');
    clock.advance('1s');
    expect((await refusal(present(who))).code).toBe('INTROSPECTION_UNAVAILABLE');
  });
});

describe('what is remembered of answers', () => {
  it('is the same decision for 30 s, and the newest after that', async () => {
    const who = authenticator();
    await present(who);
    server.tokens.delete('opaque');
    clock.advance('29s');
    await present(who);
    expect(server.questions).toHaveLength(1);
    clock.advance('1s');
    expect((await refusal(present(who))).code).toBe('TOKEN_INACTIVE');
  });

  it('never lasts past exp', async () => {
    server.tokens.set('short', { ...active(), exp: clock.now() + 5 });
    const who = authenticator();
    await present(who, 'short');
    clock.advance('16s');
    expect((await refusal(Promise.resolve().then(() => present(who, 'short')))).code).toBe(
      'TOKEN_EXPIRED',
    );
  });

  it('is nothing where that is switched off', async () => {
    const who = authenticator([entry({ maxAge: 'off' })]);
    await present(who);
    await present(who);
    expect(server.questions).toHaveLength(2);
  });

  it('is for 5 s that a token is inactive', async () => {
    const who = authenticator();
    for (let times = 0; times < 3; times += 1)
      expect((await refusal(present(who, 'unknown'))).code).toBe('TOKEN_INACTIVE');
    expect(server.questions).toHaveLength(1);
    server.tokens.set('unknown', active());
    clock.advance('5s');
    expect((await present(who, 'unknown')).principal.caller.name).toBe('herald');
  });

  it('is another thing for another carrier, and for a token that differs in a letter', async () => {
    const who = authenticator();
    await present(who);
    expect((await refusal(present(who, 'opaquE'))).code).toBe('TOKEN_INACTIVE');
    expect(who.recall({ token: 'opaque', carrier: 'DPoP' })).toBeUndefined();
  });
});

describe('options of introspectionServer', () => {
  it.each<[string, object, RegExp]>([
    ['an issuer in plain http', { issuer: 'http://legacy.example' }, /^issuer must/],
    ['an endpoint in plain http', { endpoint: 'http://legacy.example/' }, /^endpoint must/],
    ['no client', { client: undefined }, /^client must/],
    ['a secret in place of a client', { client: secret }, /^client must/],
    ['no mayAssert', { mayAssert: undefined }, /^mayAssert must/],
    ['answers that are old', { maxAge: '6m' }, /^maxAge must/],
    ['answers of no age', { maxAge: 0 }, /^maxAge must/],
    ['no patience', { timeout: 0 }, /^timeout must/],
    ['no questions', { concurrency: 0 }, /^concurrency must/],
    ['other tokens', { tokens: 'jwt' }, /^tokens must/],
    ['networks that are too wide', { networks: ['0.0.0.0/0'] }, /^networks must/],
    ['a word that makes no sense here', { relaxations: ['typ-jwt'] }, /^relaxations must/],
    ['a misspelt option', { secret }, /^secret is not an option/],
  ])('refuses %s', (_what, change, message) => {
    expect(() => entry(change)).toThrow(message);
  });

  it('shows no secret of the client', () => {
    expect(JSON.stringify(entry())).not.toContain(secret);
  });
});
