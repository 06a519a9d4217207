import 'reflect-metadata';
import {
  aToken,
  createTestIssuer,
  hostileHeaders,
  oddHeaders,
  sendBytes,
  testClock,
} from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule, ran } from './census.module.js';

const clock = testClock();
const server = createTestIssuer({ clock });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust: { carrier: 'JWT' } });
const context = {
  path: '/user/principal',
  publicPath: '/user/public',
  bearer: aToken().from(server).to(CENSUS).sign(),
  jwt: aToken().from(peer).to(CENSUS).sign(),
};

describe.each(adapters)('requests on %s', (_, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    running = await run(
      censusModule([server.trustEntry(), peer.trustEntry()], clock),
      makeAdapter(),
    );
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    ran.length = 0;
    running.decisions.length = 0;
  });

  it.each(oddHeaders)('are let in with $name', async ({ status, make }) => {
    expect(status).toContain((await sendBytes(running.url, make(context))).status);
    expect(ran).toEqual(['principal']);
  });

  it.each(hostileHeaders)('are refused with $name', async ({ code, status, make }) => {
    const answer = await sendBytes(running.url, make(context));
    expect(status).toContain(answer.status);
    expect(ran).toEqual([]);
    if (code === undefined) return;
    expect(JSON.parse(answer.body)).toMatchObject({ code, status: answer.status });
    expect(running.decisions).toEqual([expect.objectContaining({ code })]);
  });
});
