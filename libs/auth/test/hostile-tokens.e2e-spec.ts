import 'reflect-metadata';
import { accessErrors, type ErrorSpec } from '@countersign/token';
import { createTestIssuer, fitsHeader, hostileTokens, testClock } from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule, ran } from './census.module.js';

const clock = testClock();
const trust = { subjects: [`${CENSUS}user/`], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const context = { server, peer, audience: CENSUS, subject: `${CENSUS}user/42/` };
const travelling = hostileTokens.filter(({ make }) => fitsHeader(make(context)));

describe.each(adapters)('hostile tokens on %s', (_, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    running = await run(
      censusModule([server.trustEntry(), peer.trustEntry()], clock),
      makeAdapter(),
    );
  });
  afterAll(() => running.app.close());

  it.each(travelling)('refuses $name with $code', async ({ code, make }) => {
    ran.length = 0;
    const response = await fetch(`${running.url}/user/principal`, {
      headers: { authorization: `Bearer ${make(context)}` },
    });
    const spec: ErrorSpec = accessErrors[code];
    expect(await response.json()).toMatchObject({ code, status: spec.status });
    expect(response.status).toBe(spec.status);
    expect(ran).toEqual([]);
  });
});
