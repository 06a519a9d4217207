import { clockAt, now } from '../../../test/builders.js';
import { bodyDigest } from '../binding/body-digest.js';
import { parseToken } from '../extract/parse-token.js';
import {
  asymmetricAlgorithms,
  generateSigningKey,
  type SigningKey,
} from '../issue/generate-signing-key.js';
import { accessTokenHash } from '../possession/access-token-hash.js';
import { verifyDpopProof } from '../possession/verify-dpop-proof.js';
import { dpopProofs, type ProofRequest } from './dpop-proofs.js';

const url = 'https://census.example/user/42/';
const policy = { clock: clockAt(), clockTolerance: 10, maxAge: 60 };
let key: SigningKey;

beforeAll(async () => {
  key = await generateSigningKey('ES256');
});

const proofsOf = () => dpopProofs({ key, clock: clockAt() });
const claimsOf = async (request: ProofRequest) =>
  parseToken(await proofsOf().proof(request)).claims;

describe('dpopProofs', () => {
  it.each(asymmetricAlgorithms)('makes proofs with %s that hold', async (algorithm) => {
    const proofs = dpopProofs({ key: await generateSigningKey(algorithm), clock: clockAt() });
    const accessToken = 'one.two.three';
    const proof = await proofs.proof({ method: 'GET', url, accessToken });
    const held = await verifyDpopProof(proof, { method: 'GET', url, accessToken }, policy);
    expect(held.jkt).toBe(proofs.jkt);
    expect(parseToken(proof).header).not.toHaveProperty('kid');
  });

  it('shows nothing of the private key', async () => {
    const { header } = parseToken(await proofsOf().proof({ method: 'GET', url }));
    const { kty, crv, x, y } = key.publicJwk;
    expect(header).toEqual({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } });
  });

  it('says what RFC 9449 section 4.2 wants, and no more', async () => {
    const accessToken = 'one.two.three';
    expect(await claimsOf({ method: 'PUT', url: `${url}?a=b`, accessToken })).toEqual({
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      htm: 'PUT',
      htu: url,
      iat: now,
      ath: accessTokenHash(accessToken),
    });
  });

  it('makes a new jti for each proof', async () => {
    const [one, other] = [
      await claimsOf({ method: 'GET', url }),
      await claimsOf({ method: 'GET', url }),
    ];
    expect(one['jti']).not.toBe(other['jti']);
  });

  it('binds to the content, or to the whole request', async () => {
    const body = Buffer.from('{"a":1}');
    const request = { method: 'PUT', url: `${url}?a=b`, body };
    expect(await claimsOf({ ...request, bound: 'body' })).toMatchObject({
      bdy: bodyDigest(body),
      htu: url,
    });
    expect(await claimsOf({ ...request, bound: 'request' })).toMatchObject({
      bdy: bodyDigest(body),
      htu: `${url}?a=b`,
    });
    expect(await claimsOf({ method: 'GET', url, bound: 'request' })).toMatchObject({
      bdy: bodyDigest(Buffer.alloc(0)),
    });
  });

  it('remembers the nonce of each origin', async () => {
    const proofs = proofsOf();
    proofs.remember(`${url}elsewhere`, 'nonce-1');
    proofs.remember(url, null);
    proofs.remember(url, 'with "quotes"');
    proofs.remember(url, 'x'.repeat(513));
    const nonceFor = async (request: ProofRequest) =>
      parseToken(await proofs.proof(request)).claims['nonce'];
    expect(await nonceFor({ method: 'GET', url })).toBe('nonce-1');
    expect(await nonceFor({ method: 'GET', url, nonce: 'mine' })).toBe('mine');
    expect(await nonceFor({ method: 'GET', url: 'https://auth.example/' })).toBeUndefined();
    proofs.remember(url, 'nonce-2');
    expect(await nonceFor({ method: 'GET', url })).toBe('nonce-2');
  });

  it.each<[name: string, request: ProofRequest]>([
    ['a method in lower case', { method: 'get', url }],
    ['a URL that is none', { method: 'GET', url: '/user/42/' }],
    ['another scheme', { method: 'GET', url: 'ftp://census.example/' }],
    ['user information', { method: 'GET', url: 'https://a:b@census.example/' }],
    ['a fragment', { method: 'GET', url: `${url}#top` }],
  ])('refuses %s', async (_name, request) => {
    await expect(proofsOf().proof(request)).rejects.toThrow(TypeError);
  });

  it('refuses a key that cannot sign', () => {
    const half = { ...key, privateJwk: key.publicJwk };
    expect(() => dpopProofs({ key: half })).toThrow(TypeError);
  });
});
