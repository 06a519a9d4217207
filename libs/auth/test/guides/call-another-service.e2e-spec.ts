import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import 'reflect-metadata';
import { ExpressAdapter } from '@nestjs/platform-express';
import { aToken, createTestIssuer, startFaultProxy } from '@countersign/testing';
import { createSigner } from '@countersign/token';

import { run } from '../adapters.js';
import {
  calledModule,
  callingModule,
  seen,
  sourceAtServer,
  users,
} from './call-another-service.js';

const root = join(import.meta.dirname, '../../../..');
const withoutSpace = (text: string) => text.replace(/\s+/g, '');
const herald = createTestIssuer({
  kind: 'service-peer',
  name: 'herald',
  issuer: 'https://herald.example/',
  trust: { carrier: 'Bearer', mayAssert: ['users:read', 'audit:write'], subjects: [users] },
});
const { kid, signingKey: privateKey } = herald.key;
const keys = { signer: () => createSigner({ algorithm: 'ES256', kid, privateKey }) };

describe('the guide of calls to other services', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(() => Promise.all(closing.map((close) => close())));

  it('shows only what is compiled and run here', () => {
    const guide = readFileSync(join(root, 'docs/guides/call-another-service.md'), 'utf8');
    const own = readFileSync(join(import.meta.dirname, 'call-another-service.ts'), 'utf8');
    const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block as string);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) expect(withoutSpace(own)).toContain(withoutSpace(block));
  });

  it('shows what works', async () => {
    const proxy = await startFaultProxy();
    closing.push(() => proxy.close());
    const censusUrl = `${proxy.origin}/`;
    const server = createTestIssuer({ trust: { mayAssert: [], subjects: [users] } });
    const called = await run(calledModule(censusUrl, [herald.trustEntry()]), new ExpressAdapter(), {
      rawBody: true,
    });
    closing.push(() => called.app.close());
    proxy.target = called.url;
    const calling = await run(
      callingModule(censusUrl, keys, [server.trustEntry()]),
      new ExpressAdapter(),
    );
    closing.push(() => calling.app.close());
    const token = aToken().from(server).to('https://herald.example/').onBehalfOf(`${users}42/`);
    const headers = { authorization: `Bearer ${token.sign()}` };
    const answer = await fetch(`${calling.url}/42`, { headers });
    expect([answer.status, await answer.json()]).toEqual([200, { id: '42', shownTo: 'herald' }]);
    expect(seen).toEqual([{ name: 'Ann' }, `${users}42/`, { event: 'read' }]);
    expect(sourceAtServer(keys)).toHaveProperty('asSubject');
  });
});
