import { createTrustRegistry, toPrincipal, verifyToken } from '@countersign/token';
import type { Algorithm, TrustEntry, VerifiedToken } from '@countersign/token';

import { aToken, createTestIssuer, testClock } from '../src/index.js';
import type { TestIssuer, TokenBuilder } from '../src/index.js';

const audience = 'https://census.example/';
const user = 'https://census.example/user/42/';
const subjects = ['https://census.example/user/'];

const verify = (token: string, entry: TrustEntry, issuer: TestIssuer): Promise<VerifiedToken> =>
  verifyToken(
    { token, carrier: 'Bearer' },
    {
      trust: createTrustRegistry([entry], { clock: issuer.clock }),
      clock: issuer.clock,
      clockTolerance: 10,
      maxTokenBytes: 8192,
    },
  );

const accept = async (token: TokenBuilder, issuer: TestIssuer, entry = issuer.trustEntry()) =>
  toPrincipal(await verify(token.sign(), entry, issuer));

describe('testClock', () => {
  it('stands still until it is advanced', () => {
    const clock = testClock(100);
    clock.advance('2m');
    expect([clock.now(), clock.monotonic()]).toEqual([220, 120_000]);
  });

  it('jumps on the wall only', () => {
    const clock = testClock(100);
    clock.jumpTo(50);
    expect([clock.now(), clock.monotonic()]).toEqual([50, 0]);
    expect(testClock().now()).toBe(1_800_000_000);
  });
});

describe('createTestIssuer', () => {
  it.each<Algorithm>([
    ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512'] as const),
    ...(['PS256', 'PS384', 'PS512', 'HS256', 'HS384', 'HS512'] as const),
  ])('signs %s tokens that verify', async (algorithm) => {
    const peer = createTestIssuer({ kind: 'service-peer', algorithm });
    const principal = await accept(aToken().from(peer).to(audience), peer);
    expect(principal.caller).toMatchObject({ id: peer.issuer, name: 'herald' });
  });

  it('publishes public keys only', () => {
    const [key] = createTestIssuer().jwks().keys;
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(createTestIssuer({ algorithm: 'HS256', kind: 'service-peer' }).jwks().keys).toEqual([]);
  });

  it('is trusted as far as its options and the entry say', () => {
    const trust = { subjects, callers: { a: 'b' }, mayAssert: ['x'] };
    const entry = createTestIssuer({ name: 'main', issuer: 'https://main.example', trust });
    expect(entry.trustEntry({ mayAssert: ['y'] })).toMatchObject({
      name: 'main',
      issuer: 'https://main.example',
      subjects,
      callers: { a: 'b' },
      mayAssert: ['y'],
    });
  });

  it('signs with a new key after rotation, and keeps the old one published until retired', async () => {
    const issuer = createTestIssuer();
    const before = aToken().from(issuer).to(audience);
    const old = issuer.key;
    const sealed = before.sign();
    expect(issuer.rotate()).toBe(issuer.key);
    expect(issuer.jwks().keys.map(({ kid }) => kid)).toEqual(['es256-2', 'es256-1']);
    await accept(before, issuer);
    await verify(sealed, issuer.trustEntry(), issuer);
    issuer.retire(old.kid);
    await expect(verify(sealed, issuer.trustEntry(), issuer)).rejects.toMatchObject({
      code: 'KEY_UNKNOWN',
    });
    expect(() => issuer.retire(issuer.key.kid)).toThrow(/rotate before/);
  });

  describe('served', () => {
    it.each(['authorization-server', 'service-peer'] as const)(
      'has its keys found over HTTP, as %s',
      async (kind) => {
        const issuer = createTestIssuer({ kind });
        const served = await issuer.serve();
        const slash = kind === 'service-peer' ? '/' : '';
        expect(issuer.issuer).toBe(`${served.url}${slash}`);
        await accept(aToken().from(issuer).to(audience), issuer, issuer.servedTrustEntry());
        expect(served.hits()).toBe(kind === 'service-peer' ? 1 : 2);
        await served.close();
      },
    );

    it('keeps an issuer that was named, with its keys where they are served', async () => {
      const issuer = createTestIssuer({ issuer: 'https://auth.example' });
      const served = await issuer.serve();
      expect(issuer.issuer).toBe('https://auth.example');
      await accept(aToken().from(issuer).to(audience), issuer, issuer.servedTrustEntry());
      await served.close();
    });

    it('answers that nothing has changed, until it has', async () => {
      const issuer = createTestIssuer();
      const served = await issuer.serve();
      const etag = (await fetch(served.jwksUri)).headers.get('etag') ?? '';
      const ask = () => fetch(served.jwksUri, { headers: { 'if-none-match': etag } });
      expect((await ask()).status).toBe(304);
      issuer.rotate();
      expect((await ask()).status).toBe(200);
      expect((await fetch(`${served.url}/elsewhere`)).status).toBe(404);
      await served.close();
    });

    it('must be served before it is trusted over HTTP', () => {
      expect(() => createTestIssuer().servedTrustEntry()).toThrow('auth-server is not served');
    });
  });
});

describe('aToken', () => {
  const clock = testClock();
  const server = createTestIssuer({ clock, trust: { subjects } });
  const peer = createTestIssuer({ kind: 'service-peer', clock, trust: { subjects } });

  it('is a client of its own right unless it names a user', async () => {
    const token = aToken().from(server).to(audience).caller('herald').scopes('a', 'b');
    expect(await accept(token, server)).toMatchObject({
      caller: { id: 'herald' },
      subject: undefined,
      scopes: ['a', 'b'],
      audience: [audience],
    });
    expect(await accept(token.onBehalfOf(user), server)).toMatchObject({
      caller: { id: 'herald' },
      subject: { uri: user },
    });
  });

  it('is a service, for itself or for a user', async () => {
    const token = aToken().from(peer).to(audience, 'https://other.example/');
    expect(await accept(token, peer)).toMatchObject({ subject: undefined, scopes: [] });
    expect(await accept(token.onBehalfOf(user), peer)).toMatchObject({ subject: { uri: user } });
  });

  it('is dated by the clock of its issuer', () => {
    const { claims } = aToken().from(peer).draft();
    expect(claims).toMatchObject({ iat: clock.now(), exp: clock.now() + 60 });
    expect(aToken().from(server).issuedAt(7).lifetime('1m').draft().claims).toMatchObject({
      iat: 7,
      exp: 67,
    });
  });

  it('has expired for as long as it says', () => {
    const { claims } = aToken().from(server).expired('1h').draft();
    expect(claims).toMatchObject({ exp: clock.now() - 3600, iat: clock.now() - 3900 });
  });

  it('changes and leaves out what it is told to', () => {
    const token = aToken().from(server).claim('a', 1).header('b', 2).withoutHeader('kid');
    const { header, claims } = token.withoutClaim('jti').draft();
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', b: 2 });
    expect(claims).toMatchObject({ a: 1 });
    expect(claims).not.toHaveProperty('jti');
  });

  it('never changes a builder that is shared', () => {
    const shared = aToken().from(server);
    shared.to(audience).expired().claim('a', 1);
    expect(shared.draft().claims).toMatchObject({ aud: [] });
    expect(shared.draft().claims).not.toHaveProperty('a');
  });

  it('follows the key that signs it', () => {
    const { header } = aToken().from(server).signedBy(peer.key).draft();
    expect(header).toMatchObject({ alg: peer.key.algorithm, kid: peer.key.kid });
  });

  it('needs an issuer', () => {
    expect(() => aToken().sign()).toThrow('aToken() needs from(issuer)');
  });
});
