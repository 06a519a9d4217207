import { createTrustRegistry, servicePeer, verifyToken } from '@countersign/token';

import { aToken, createTestIssuer, testClock } from '../src/index.js';
import type { ServedIssuer } from '../src/index.js';

const clock = testClock();
const audience = 'https://census.example/';
const herald = createTestIssuer({ kind: 'service-peer', clock });
const stranger = createTestIssuer({ kind: 'service-peer', name: 'stranger', clock });
let served: ServedIssuer;
let strange: ServedIssuer;

beforeAll(async () => {
  served = await herald.serve();
  strange = await stranger.serve();
});
afterAll(() => Promise.all([served.close(), strange.close()]));

function verify(from: typeof herald, networks?: readonly string[]) {
  const options = { issuer: herald.issuer, jwks: 'discover', ...(networks && { networks }) };
  const trust = createTrustRegistry([servicePeer('herald', options)], { clock });
  const policy = { trust, clock, clockTolerance: 10, maxTokenBytes: 8192 };
  return verifyToken({ token: aToken().from(from).to(audience).sign(), carrier: 'Bearer' }, policy);
}

describe('discovery of a service peer', () => {
  it('finds the keys where the listed issuer is, in a network that is allowed', async () => {
    await expect(verify(herald, ['127.0.0.0/8'])).resolves.toMatchObject({ kid: herald.key.kid });
    expect(served.hits()).toBe(1);
  });

  it('goes to no private address that is not: nobody can decide, and nobody was asked', async () => {
    const hits = served.hits();
    await expect(verify(herald)).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE', status: 503 });
    expect(served.hits()).toBe(hits);
  });

  it('asks nobody whom only the token names', async () => {
    await expect(verify(stranger, ['127.0.0.0/8'])).rejects.toMatchObject({
      code: 'ISSUER_UNTRUSTED',
    });
    expect(strange.hits()).toBe(0);
  });
});
