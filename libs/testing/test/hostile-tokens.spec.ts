import { createTrustRegistry, decide, toPrincipal, verifyToken } from '@countersign/token';
import type { AccessErrorCode, ProtectedRule, VerificationPolicy } from '@countersign/token';

import { createTestIssuer, fitsHeader, hostileTokens, testClock } from '../src/index.js';
import { goodAccessToken, goodServiceToken } from '../src/lib/hostile/hostile-token.js';
import type { RefusingStage } from '../src/index.js';

const clock = testClock();
const audience = 'https://census.example/';
const subject = 'https://census.example/user/42/';
const trust = { subjects: ['https://census.example/user/'], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const context = { server, peer, audience, subject };

const policy: VerificationPolicy = {
  trust: createTrustRegistry([server.trustEntry(), peer.trustEntry()], { clock }),
  clock,
  clockTolerance: 10,
  maxTokenBytes: 8192,
};
const rule: ProtectedRule = { access: 'protected', audience: 'census', require: [] };

/** The way of a token through the three stages: where it ends, and how. */
async function judge(token: string): Promise<{ stage: RefusingStage | 'handler'; code?: unknown }> {
  let stage: RefusingStage = 'verify';
  try {
    const verified = await verifyToken({ token, carrier: 'Bearer' }, policy);
    stage = 'principal';
    const principal = toPrincipal(verified);
    stage = 'rule';
    const decision = decide(rule, { principal, audiences: { census: audience } });
    if (decision.outcome === 'refused') return { stage, code: decision.code };
    return { stage: 'handler' };
  } catch (error) {
    return { stage, code: (error as { code?: AccessErrorCode }).code ?? error };
  }
}

describe('the way of a token', () => {
  it.each([
    ['an access token', goodAccessToken],
    ['a service token', goodServiceToken],
  ])('leads %s that is good to the handler', async (_, good) => {
    expect(await judge(good(context).sign())).toEqual({ stage: 'handler' });
  });

  it.each(hostileTokens)('refuses $name with $code', async ({ code, stage, make }) => {
    expect(await judge(make(context))).toEqual({ stage, code });
  });

  it('stays open for good tokens after all of them', async () => {
    expect(await judge(goodAccessToken(context).sign())).toEqual({ stage: 'handler' });
  });
});

describe('hostileTokens', () => {
  it('has a name of its own for each', () => {
    const names = hostileTokens.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('holds mostly tokens that can travel in a header', () => {
    const travelling = hostileTokens.filter(({ make }) => fitsHeader(make(context)));
    expect(travelling.length).toBeGreaterThan(hostileTokens.length * 0.9);
  });
});
