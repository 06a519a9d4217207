import {
  AccessError,
  checkPossession,
  createTrustRegistry,
  memoryReplay,
  useProofOnce,
  verifyDpopProof,
  verifyToken,
  type DpopProof,
  type SenderEvidence,
  type VerifiedToken,
} from '@countersign/token';

import {
  aProof,
  aToken,
  createTestIssuer,
  createTestKey,
  hostileProofs,
  testClock,
} from '../src/index.js';
import type { ProofContext } from '../src/index.js';

const clock = testClock();
const server = createTestIssuer({ clock });
const key = createTestKey('ES256');
const policy = { clock, clockTolerance: 10, maxAge: 60 };
const url = 'https://census.example/user/42';
let context: ProofContext & { readonly accessToken: string };
let token: VerifiedToken;

beforeAll(async () => {
  const first = aProof({ key, method: 'GET', url, now: clock.now() });
  const { jkt } = await verifyDpopProof(first, { method: 'GET', url }, policy);
  const accessToken = aToken()
    .from(server)
    .to('https://census.example/')
    .claim('cnf', { jkt })
    .sign();
  const trust = createTrustRegistry([server.trustEntry()]);
  const presented = { token: accessToken, carrier: 'DPoP' } as const;
  token = await verifyToken(presented, { trust, clock, clockTolerance: 10, maxTokenBytes: 8192 });
  context = { key, method: 'GET', url, accessToken, now: clock.now() };
});

const evidence = (proofs: readonly string[]): SenderEvidence => ({
  presented: { token: context.accessToken, carrier: 'DPoP' },
  method: 'GET',
  url: () => url,
  proofs: () => proofs,
  certificate: () => undefined,
});

const judge = async (proofs: readonly string[]): Promise<DpopProof | undefined> =>
  checkPossession(token, evidence(proofs), policy);

const codes = { missing: 'PROOF_MISSING', invalid: 'PROOF_INVALID', another: 'SENDER_MISMATCH' };

describe('the table of hostile proofs', () => {
  it('starts from one that is good', async () => {
    await expect(judge([aProof(context)])).resolves.toMatchObject({ claims: { htm: 'GET' } });
  });

  it.each(hostileProofs)('has the core refuse $name', async ({ fault, make }) => {
    const error: unknown = await judge(make(context)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AccessError);
    expect(error).toMatchObject({ code: codes[fault], status: 401 });
  });

  it('names no row twice', () => {
    expect(new Set(hostileProofs.map(({ name }) => name)).size).toBe(hostileProofs.length);
  });

  it('has a proof used once', async () => {
    const store = memoryReplay({ clock });
    const held = (await judge([aProof(context)])) as DpopProof;
    await useProofOnce(held, store, 10);
    await expect(useProofOnce(held, store, 10)).rejects.toMatchObject({ code: 'PROOF_REPLAYED' });
  });
});
