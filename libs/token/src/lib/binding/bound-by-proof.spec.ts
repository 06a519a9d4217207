import {
  anAuthorizationServer,
  aServicePeer,
  clockAt,
  serviceTokenClaims,
  verified,
} from '../../../test/builders.js';
import { dpopProofs, type ProofRequest } from '../client/dpop-proofs.js';
import { AccessError } from '../errors.js';
import { generateSigningKey, type SigningKey } from '../issue/generate-signing-key.js';
import { verifyDpopProof } from '../possession/verify-dpop-proof.js';
import type { Binding, TrustedIssuer, VerifiedToken } from '../types.js';
import { bodyDigest } from './body-digest.js';
import { checkBinding } from './check-binding.js';

const content = Buffer.from('{"email":"ada@example.org"}');
const request = {
  method: 'PUT',
  target: '/user/42?full=1',
  headers: { 'content-type': ['application/json'] },
  content,
};
const publicUrl = 'https://census.example';
const url = publicUrl + request.target;
const good: ProofRequest = { method: 'PUT', url, body: content };
let key: SigningKey;

beforeAll(async () => {
  key = await generateSigningKey('ES256');
});

/** The code that refuses this token beside a proof that holds otherwise. */
async function codeOf(
  binding: Binding,
  changes: Partial<ProofRequest>,
  token: VerifiedToken = tokenOf(anAuthorizationServer()),
): Promise<unknown> {
  const sent = await dpopProofs({ key, clock: clockAt() }).proof({ ...good, ...changes });
  const policy = { clock: clockAt(), clockTolerance: 10, maxAge: 60 };
  const proof = await verifyDpopProof(sent, { method: 'PUT', url }, policy);
  try {
    checkBinding(binding, token, request, { publicUrl, maxBodyBytes: 1000 }, proof);
  } catch (error) {
    return error instanceof AccessError ? error.code : error;
  }
  return 'accepted';
}

const tokenOf = (issuer: TrustedIssuer, claims = {}) =>
  verified(issuer, { ...serviceTokenClaims, ...claims });

describe('checkBinding with a proof', () => {
  it('lets a token of an authorization server pass beside a proof signed for this request', async () => {
    expect(await codeOf('body', { bound: 'body' })).toBe('accepted');
    expect(await codeOf('body', { bound: 'request' })).toBe('accepted');
    expect(await codeOf('request', { bound: 'request' })).toBe('accepted');
  });

  it.each<[name: string, binding: Binding, changes: Partial<ProofRequest>, code: string]>([
    ['a proof of nothing but possession', 'body', {}, 'CLAIM_INVALID'],
    [
      'a proof for other content',
      'body',
      { bound: 'body', body: Buffer.from('{}') },
      'BODY_MISMATCH',
    ],
    [
      'a proof without the query, where the whole request counts',
      'request',
      { bound: 'body' },
      'REQUEST_MISMATCH',
    ],
    [
      'a proof with another query',
      'request',
      { bound: 'request', url: `${url}&more=1` },
      'REQUEST_MISMATCH',
    ],
  ])('refuses %s', async (_name, binding, changes, code) => {
    expect(await codeOf(binding, changes)).toBe(code);
  });

  it('takes the digest of a service that signs its own tokens from either', async () => {
    const issuer = aServicePeer();
    const bdy = bodyDigest(content);
    expect(await codeOf('body', {}, tokenOf(issuer, { bdy }))).toBe('accepted');
    expect(await codeOf('body', { bound: 'body' }, tokenOf(issuer))).toBe('accepted');
    expect(await codeOf('body', {}, tokenOf(issuer))).toBe('CLAIM_INVALID');
  });

  it('refuses one that is signed for other content, whatever the other says', async () => {
    const other = bodyDigest(Buffer.from('{}'));
    const token = tokenOf(aServicePeer(), { bdy: other });
    expect(await codeOf('body', { bound: 'body' }, token)).toBe('BODY_MISMATCH');
  });

  it('takes no digest from a token that somebody else issued', async () => {
    const token = tokenOf(anAuthorizationServer(), { bdy: bodyDigest(content) });
    expect(await codeOf('body', {}, token)).toBe('CLAIM_INVALID');
  });
});
