import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import fc from 'fast-check';

import { aJwt, clockAt, now, pair } from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import { memoryReplay } from '../replay/memory-replay.js';
import type { JsonObject } from '../types.js';
import { accessTokenHash } from './access-token-hash.js';
import { dpopNonces } from './dpop-nonces.js';
import { useProofOnce } from './use-proof-once.js';
import { verifyDpopProof, type DpopPolicy, type ProvenRequest } from './verify-dpop-proof.js';

const url = 'https://census.example/user/42/';
const policy: DpopPolicy = { clock: clockAt(), clockTolerance: 10, maxAge: 60 };
const request: ProvenRequest = { method: 'GET', url };
const claims = { jti: 'proof-1', htm: 'GET', htu: url, iat: now };
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JsonObject;
const jwk = jwkOf(pair.publicKey);

const aProof = (changes: JsonObject = {}, header: JsonObject = {}, key = pair.privateKey) =>
  aJwt({ ...claims, ...changes }, { typ: 'dpop+jwt', kid: undefined, jwk, ...header }, key);

async function refusal(
  proof: string,
  changes: Partial<ProvenRequest> = {},
  terms: Partial<DpopPolicy> = {},
): Promise<AccessError> {
  const error: unknown = await verifyDpopProof(
    proof,
    { ...request, ...changes },
    { ...policy, ...terms },
  ).catch((reason: unknown) => reason);
  if (error instanceof AccessError) return error;
  throw error instanceof Error ? error : new Error('it was accepted');
}

describe('verifyDpopProof', () => {
  it('accepts the proofs of RFC 9449, and names their key as the RFC does', async () => {
    const header =
      '{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}}';
    const payload =
      '{"jti":"-BwC3ESc6acc2lTc","htm":"POST","htu":"https://server.example.com/token","iat":1562262616}';
    const proof = [
      Buffer.from(header).toString('base64url'),
      Buffer.from(payload).toString('base64url'),
      '2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
    ].join('.');
    const held = await verifyDpopProof(
      proof,
      { method: 'POST', url: 'https://server.example.com/token' },
      { ...policy, clock: { now: () => 1562262620, monotonic: () => 0 } },
    );
    expect(held.jkt).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
    expect(held.claims).toMatchObject({ jti: '-BwC3ESc6acc2lTc' });
    expect(Object.isFrozen(held)).toBe(true);
  });

  it('hashes an access token as RFC 9449 section 7.1 shows', () => {
    expect(accessTokenHash('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    );
  });

  it.each<[name: string, changes: JsonObject, header: JsonObject]>([
    ['a query in htu', { htu: `${url}?a=b` }, {}],
    ['a fragment in htu', { htu: `${url}#top` }, {}],
    ['scheme and host in capitals', { htu: 'HTTPS://CENSUS.example/user/42/' }, {}],
    ['the default port', { htu: 'https://census.example:443/user/42/' }, {}],
    ['a typ with its prefix', {}, { typ: 'application/DPoP+JWT' }],
    ['an exp beyond its age', { exp: now + 3600 }, {}],
    ['claims it does not know', { nonce: 'whatever', aud: 'somebody', iss: 'me' }, {}],
    ['a jwk that says what it is for', {}, { jwk: { ...jwk, alg: 'ES256', use: 'sig', kid: 'k' } }],
    ['an iat as far ahead as clocks differ', { iat: now + 10 }, {}],
    ['an iat as old as a proof may be', { iat: now - 69 }, {}],
  ])('accepts %s', async (_name, changes, header) => {
    await expect(verifyDpopProof(aProof(changes, header), request, policy)).resolves.toMatchObject({
      jkt: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  it.each<[name: string, check: string, proof: string]>([
    ['nothing', 'proof: structure', ''],
    ['what is no JWT', 'proof: structure', 'abc'],
    ['two proofs in one value', 'proof: structure', `${aProof()}, ${aProof({ jti: '2' })}`],
    ['an access token', 'proof: type', aProof({}, { typ: 'at+jwt' })],
    ['a proof without typ', 'proof: type', aProof({}, { typ: undefined })],
    ['alg none', 'proof: algorithm', aProof({}, { alg: 'none' })],
    ['a shared secret', 'proof: algorithm', aProof({}, { alg: 'HS256' })],
    ['no jwk', 'proof: jwk', aProof({}, { jwk: undefined })],
    ['jwk null', 'proof: jwk', aProof({}, { jwk: null })],
    ['a private jwk', 'proof: jwk', aProof({}, { jwk: jwkOf(pair.privateKey) })],
    ['a secret as jwk', 'proof: jwk', aProof({}, { jwk: { kty: 'oct', k: 'AA' } })],
    ['a jwk for encryption', 'proof: jwk', aProof({}, { jwk: { ...jwk, use: 'enc' } })],
    ['a jwk for another algorithm', 'proof: jwk', aProof({}, { jwk: { ...jwk, alg: 'ES384' } })],
    ['the jwk of another key', 'proof: signature', aProof({}, { jwk: jwkOf(other.publicKey) })],
    ['no jti', 'proof: jti', aProof({ jti: undefined })],
    ['a jti that is a number', 'proof: jti', aProof({ jti: 1 })],
    ['no htm', 'proof: htm', aProof({ htm: undefined })],
    ['another method', 'proof: htm', aProof({ htm: 'POST' })],
    ['a method in lower case', 'proof: htm', aProof({ htm: 'get' })],
    ['no htu', 'proof: htu', aProof({ htu: undefined })],
    ['another path', 'proof: htu', aProof({ htu: 'https://census.example/user/43/' })],
    ['a path without its slash', 'proof: htu', aProof({ htu: 'https://census.example/user/42' })],
    ['an encoded path', 'proof: htu', aProof({ htu: 'https://census.example/user/%342/' })],
    ['another host', 'proof: htu', aProof({ htu: 'https://census.example.org/user/42/' })],
    ['another scheme', 'proof: htu', aProof({ htu: 'http://census.example/user/42/' })],
    ['another port', 'proof: htu', aProof({ htu: 'https://census.example:8443/user/42/' })],
    ['user information', 'proof: htu', aProof({ htu: 'https://a@census.example/user/42/' })],
    ['only a path', 'proof: htu', aProof({ htu: '/user/42/' })],
    ['no iat', 'proof: times', aProof({ iat: undefined })],
    ['an iat that is a string', 'proof: times', aProof({ iat: String(now) })],
    ['an old proof', 'proof: times', aProof({ iat: now - 70 })],
    ['a proof of the future', 'proof: times', aProof({ iat: now + 11 })],
    ['an exp that has passed', 'proof: times', aProof({ iat: now - 30, exp: now - 20 })],
    ['an nbf of the future', 'proof: times', aProof({ nbf: now + 30 })],
    ['more than 4096 bytes', 'proof: size', aProof({ pad: 'x'.repeat(4096) })],
    ['a header extension', 'proof: header', aProof({}, { crit: ['jwk'] })],
  ])('refuses %s', async (_name, check, proof) => {
    const error = await refusal(proof);
    expect([error.code, error.error]).toEqual(['PROOF_INVALID', 'invalid_dpop_proof']);
    expect(error.detail.check).toBe(check);
  });

  it('refuses a weak key', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const proof = aProof({}, { alg: 'RS256', jwk: jwkOf(rsa.publicKey) });
    expect((await refusal(proof)).detail).toMatchObject({ got: 'unusable key: rsa_size' });
  });

  it('binds a proof to the access token beside it', async () => {
    const accessToken = 'one.two.three';
    const ath = accessTokenHash(accessToken);
    await verifyDpopProof(aProof({ ath }), { ...request, accessToken }, policy);
    for (const wrong of [undefined, accessTokenHash('another'), '', 7, [ath], ath.toUpperCase()])
      expect((await refusal(aProof({ ath: wrong }), { accessToken })).detail.check).toBe(
        'proof: ath',
      );
  });

  it('asks for a nonce of its own, and says which', async () => {
    const nonces = dpopNonces({ secrets: [Buffer.alloc(32, 1)], clock: clockAt() });
    const terms = { nonces };
    for (const nonce of [undefined, 'another', '', 7, [nonces.current()]]) {
      const error = await refusal(aProof({ nonce }), {}, terms);
      expect(error).toMatchObject({
        code: 'NONCE_REQUIRED',
        status: 401,
        error: 'use_dpop_nonce',
        nonce: nonces.current(),
      });
    }
    const proof = aProof({ nonce: nonces.current() });
    await expect(verifyDpopProof(proof, request, { ...policy, nonces })).resolves.toBeDefined();
  });

  it('tells of the nonce only who has made a proof that holds otherwise', async () => {
    const nonces = dpopNonces({ secrets: [Buffer.alloc(32, 1)], clock: clockAt() });
    expect(await refusal(aProof({ htm: 'PUT' }), {}, { nonces })).toMatchObject({
      code: 'PROOF_INVALID',
      nonce: undefined,
    });
  });

  it.each(['/user/42/', 'ftp://census.example/', 'https://', 'https://census.example\\evil/'])(
    'refuses a request to %s',
    async (other) => {
      expect(await refusal(aProof({ htu: other }), { url: other })).toMatchObject({
        code: 'PROOF_INVALID',
        detail: { check: 'proof: url' },
      });
    },
  );

  it.each(['\\', '\u00a0', '\u00ff', '%', '//', '/../', '{}'])(
    'compares a path with %j as it is written',
    async (odd) => {
      const path = `https://census.example/${odd}`;
      const held = verifyDpopProof(aProof({ htu: path }), { ...request, url: path }, policy);
      await expect(held).resolves.toBeDefined();
    },
  );

  it('refuses every proof in which one character is another', async () => {
    const proof = aProof();
    const at = fc.nat({ max: proof.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.constantFrom(...'AQgw09-_.= '), async (index, character) => {
        fc.pre(proof[index] !== character);
        const changed = proof.slice(0, index) + character + proof.slice(index + 1);
        expect((await refusal(changed)).code).toBe('PROOF_INVALID');
      }),
    );
  });

  it('takes a key that it has seen for no other, and for no other algorithm', async () => {
    await verifyDpopProof(aProof(), request, policy);
    const { x, y } = jwkOf(other.publicKey);
    for (const wrong of [
      { ...jwk, x },
      { ...jwk, x, y },
      { ...jwk, alg: 'ES384' },
    ])
      expect((await refusal(aProof({}, { jwk: wrong }))).code).toBe('PROOF_INVALID');
    expect((await refusal(aProof({}, { alg: 'ES384' }))).detail.check).toBe('proof: jwk');
    await expect(verifyDpopProof(aProof(), request, policy)).resolves.toBeDefined();
  });

  it('takes a fault of its own for no refusal', async () => {
    const now = () => {
      throw new Error('the clock broke');
    };
    const broken = { ...policy, clock: { ...clockAt(), now } };
    await expect(verifyDpopProof(aProof(), request, broken)).rejects.toThrow('the clock broke');
  });

  it('puts no proof into a refusal', async () => {
    const proof = aProof({ htm: 'PUT' });
    const error = await refusal(proof);
    expect(JSON.stringify([error.message, error.detail])).not.toContain(proof.slice(-20));
  });
});

describe('useProofOnce', () => {
  it('lets a proof pass once, under its key', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const store = memoryReplay({ clock: clockAt() });
    const mine = await verifyDpopProof(aProof(), request, policy);
    const theirs = await verifyDpopProof(
      aProof({}, { jwk: jwkOf(other.publicKey) }, other.privateKey),
      request,
      policy,
    );
    await useProofOnce(mine, store, 10);
    await useProofOnce(theirs, store, 10);
    await expect(useProofOnce(mine, store, 10)).rejects.toMatchObject({
      code: 'PROOF_REPLAYED',
      error: 'invalid_dpop_proof',
    });
  });

  it('remembers it for as long as it would be accepted', async () => {
    const uses: unknown[] = [];
    const store = { use: (...use: unknown[]) => uses.push(use) > 0 };
    const proof = await verifyDpopProof(aProof(), request, policy);
    await useProofOnce(proof, store, 10);
    expect(uses).toEqual([
      [`urn:ietf:params:oauth:jwk-thumbprint:sha-256:${proof.jkt}`, 'proof-1', now + 70],
    ]);
  });

  it('answers 503 when the store cannot tell', async () => {
    const proof = await verifyDpopProof(aProof(), request, policy);
    const store = { use: () => Promise.reject(new Error('down')) };
    await expect(useProofOnce(proof, store, 10)).rejects.toMatchObject({
      code: 'REPLAY_STORE_UNAVAILABLE',
      status: 503,
    });
  });
});
