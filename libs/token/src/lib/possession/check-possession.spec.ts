import {
  anAuthorizationServer,
  aServicePeer,
  clockAt,
  now,
  verified,
} from '../../../test/builders.js';
import { dpopProofs, type ProofRequest } from '../client/dpop-proofs.js';
import { AccessError } from '../errors.js';
import { generateSigningKey, type SigningKey } from '../issue/generate-signing-key.js';
import type { JsonObject, TrustedIssuer } from '../types.js';
import { certificateThumbprint } from './certificate-thumbprint.js';
import { checkPossession, type SenderEvidence } from './check-possession.js';

const url = 'https://census.example/user/42/';
const token = 'one.two.three';
const policy = { clock: clockAt(), clockTolerance: 10, maxAge: 60 };
const der = Buffer.from('the bytes of a certificate');

let mine: SigningKey;
let theirs: SigningKey;
let jkt: string;

beforeAll(async () => {
  [mine, theirs] = [await generateSigningKey('ES256'), await generateSigningKey('ES256')];
  jkt = mine.publicJwk.kid;
});

const proofBy = (key: SigningKey, changes: Partial<ProofRequest> = {}) =>
  dpopProofs({ key, clock: clockAt() }).proof({
    method: 'GET',
    url,
    accessToken: token,
    ...changes,
  });

const evidence = (changes: Partial<SenderEvidence> = {}): SenderEvidence => ({
  presented: { token, carrier: 'DPoP' },
  method: 'GET',
  url: () => url,
  proofs: () => [],
  certificate: () => undefined,
  ...changes,
});

const bearer = { presented: { token, carrier: 'Bearer' } } as const;

/** Whoever asks what is not asked for would pay for it on every request. */
const asksNothing: Partial<SenderEvidence> = {
  url: () => fail('url'),
  proofs: () => fail('proofs'),
  certificate: () => fail('certificate'),
};
function fail(what: string): never {
  throw new Error(`asked for ${what}`);
}

const bound = (cnf: unknown, issuer: TrustedIssuer = anAuthorizationServer()) =>
  verified(issuer, { sub: 'a', iat: now, cnf } as JsonObject);
const unbound = (issuer: TrustedIssuer = anAuthorizationServer()) => verified(issuer, { sub: 'a' });

async function refusal(...args: Parameters<typeof checkPossession>): Promise<AccessError> {
  try {
    await checkPossession(...args);
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('checkPossession', () => {
  it('lets a token that is bound to nobody pass at once, and asks for nothing', () => {
    expect(
      checkPossession(unbound(), evidence({ ...bearer, ...asksNothing }), policy),
    ).toBeUndefined();
  });

  it('answers the proof of the key that the token is bound to', async () => {
    const proof = await proofBy(mine);
    const held = await checkPossession(bound({ jkt }), evidence({ proofs: () => [proof] }), policy);
    expect(held).toMatchObject({ jkt, claims: { htm: 'GET', htu: url } });
  });

  it('lets the certificate pass that the token is bound to', () => {
    const cnf = { 'x5t#S256': certificateThumbprint(der) };
    const sender = evidence({ ...bearer, certificate: () => der });
    expect(checkPossession(bound(cnf), sender, policy)).toBeUndefined();
  });

  it('needs both where a token is bound to both', async () => {
    const token = bound({ jkt, 'x5t#S256': certificateThumbprint(der) });
    const proof = await proofBy(mine);
    const both = evidence({ proofs: () => [proof], certificate: () => der });
    await expect(checkPossession(token, both, policy)).resolves.toMatchObject({ jkt });
    const noCertificate = evidence({ proofs: () => [proof] });
    expect((await refusal(token, noCertificate, policy)).code).toBe('PROOF_MISSING');
    const noProof = evidence({ certificate: () => der });
    expect((await refusal(token, noProof, policy)).code).toBe('PROOF_MISSING');
  });

  it('leaves out what else cnf may say', async () => {
    const proof = await proofBy(mine);
    const sender = evidence({ proofs: () => [proof] });
    await expect(
      checkPossession(bound({ jkt, 'x5t#S512': 'later' }), sender, policy),
    ).resolves.toBeDefined();
  });

  it.each<[name: string, cnf: unknown]>([
    ['nothing', {}],
    ['only a member nobody knows', { kid: 'one' }],
    ['a key itself', { jwk: { kty: 'EC' } }],
    ['a list', [{ jkt: 'x'.repeat(43) }]],
    ['null', null],
    ['a text', 'x'.repeat(43)],
    ['a jkt that is a number', { jkt: 7 }],
    ['a short jkt', { jkt: 'abc' }],
    ['a padded jkt', { jkt: `${'x'.repeat(43)}=` }],
    ['a jkt null', { jkt: null }],
    ['a thumbprint in hex', { 'x5t#S256': 'ab'.repeat(32) }],
    ['a good jkt and a bad x5t#S256', { jkt: 'x'.repeat(43), 'x5t#S256': '' }],
  ])('refuses with CLAIM_INVALID a cnf that holds %s', async (_name, cnf) => {
    for (const carrier of ['Bearer', 'DPoP'] as const) {
      const sender = evidence({ presented: { token, carrier } });
      expect((await refusal(bound(cnf), sender, policy)).code).toBe('CLAIM_INVALID');
    }
  });

  it.each(['Bearer', 'JWT', 'Token'] as const)(
    'refuses a token bound to a key that came as %s, whatever proof is beside it',
    async (carrier) => {
      const proof = await proofBy(mine);
      const sender = evidence({ presented: { token, carrier }, proofs: () => [proof] });
      const error = await refusal(bound({ jkt }), sender, policy);
      expect([error.code, error.error]).toEqual(['PROOF_MISSING', 'invalid_token']);
    },
  );

  it('refuses no proof, two proofs, and the proof of another key', async () => {
    const proofs = [await proofBy(mine), await proofBy(mine)];
    const codeOf = async (sent: readonly string[]) =>
      (await refusal(bound({ jkt }), evidence({ proofs: () => sent }), policy)).code;
    expect(await codeOf([])).toBe('PROOF_MISSING');
    expect(await codeOf(proofs)).toBe('PROOF_INVALID');
    expect(await codeOf(['', ...proofs])).toBe('PROOF_INVALID');
    expect(await codeOf([''])).toBe('PROOF_INVALID');
    expect(await codeOf([await proofBy(theirs)])).toBe('SENDER_MISMATCH');
  });

  it.each<[name: string, changes: Partial<ProofRequest>]>([
    ['another token', { accessToken: 'four.five.six' }],
    ['another method', { method: 'PUT' }],
    ['another path', { url: `${url}posts/` }],
  ])('refuses the proof for %s', async (_name, changes) => {
    const proof = await proofBy(mine, changes);
    const error = await refusal(bound({ jkt }), evidence({ proofs: () => [proof] }), policy);
    expect(error.code).toBe('PROOF_INVALID');
  });

  it('refuses a token bound to a key where proofs cannot be checked', async () => {
    const proof = await proofBy(mine);
    const sender = evidence({ proofs: () => [proof] });
    expect((await refusal(bound({ jkt }), sender, undefined)).code).toBe('PROOF_INVALID');
    const lost = { ...sender, url: () => undefined };
    expect((await refusal(bound({ jkt }), lost, policy)).code).toBe('PROOF_INVALID');
  });

  it('refuses no certificate and another certificate', async () => {
    const token = bound({ 'x5t#S256': certificateThumbprint(der) });
    expect((await refusal(token, evidence(bearer), policy)).code).toBe('PROOF_MISSING');
    const other = evidence({ ...bearer, certificate: () => Buffer.from('another') });
    expect((await refusal(token, other, policy)).code).toBe('SENDER_MISMATCH');
  });

  it('refuses by DPoP a token that is not bound to a key', async () => {
    const certificate = () => der;
    expect((await refusal(unbound(), evidence(), policy)).code).toBe('SENDER_UNCONSTRAINED');
    const token = bound({ 'x5t#S256': certificateThumbprint(der) });
    expect((await refusal(token, evidence({ certificate }), policy)).code).toBe(
      'SENDER_UNCONSTRAINED',
    );
  });

  it('refuses an unbound token where a route or a trust entry wants it bound', async () => {
    const sender = evidence(bearer);
    expect((await refusal(unbound(), sender, policy, true)).code).toBe('SENDER_UNCONSTRAINED');
    const issuer = aServicePeer({ senderConstrained: 'required' });
    expect((await refusal(unbound(issuer), sender, policy)).code).toBe('SENDER_UNCONSTRAINED');
  });

  it('does not take cnf from a prototype', () => {
    const claims = Object.create({ cnf: { jkt } }) as JsonObject;
    const token = verified(anAuthorizationServer(), claims);
    expect(checkPossession(token, evidence(bearer), policy)).toBeUndefined();
  });
});
