import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import 'reflect-metadata';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createTestIssuer } from '@countersign/testing';
import { createSigner, selfIssued } from '@countersign/token';

import { run } from '../adapters.js';
import { censusModule, fleet, heraldModule } from './define-a-fleet.js';

const root = join(import.meta.dirname, '../../../..');
const withoutSpace = (text: string) => text.replace(/\s+/g, '').replace('@Injectable()', '');

describe('the guide of fleets', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(() => Promise.all(closing.map((close) => close())));

  it('shows only what is compiled and run here', () => {
    const guide = readFileSync(join(root, 'docs/guides/define-a-fleet.md'), 'utf8');
    const own = readFileSync(join(import.meta.dirname, 'define-a-fleet.ts'), 'utf8');
    const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block as string);
    expect(blocks).toHaveLength(5);
    // A statement there may be an expression here.
    for (const block of blocks)
      expect(withoutSpace(own)).toContain(withoutSpace(block).replace(/;$/, ''));
  });

  it('shows what works: a call with the scopes of the fleet, for its audience', async () => {
    const issuer = createTestIssuer({ kind: 'service-peer', issuer: 'https://herald.example/' });
    const keys = await issuer.serve();
    closing.push(() => keys.close());
    const called = await run(
      censusModule({
        publicUrl: 'https://census.example/',
        heraldKeys: keys.jwksUri,
      }),
      new ExpressAdapter(),
    );
    closing.push(() => called.app.close());
    const { kid, signingKey: privateKey } = issuer.key;
    const signer = createSigner({ algorithm: 'ES256', kid, privateKey });
    const source = selfIssued({ issuer: 'https://herald.example/', signer });
    const calling = await run(
      heraldModule({ censusUrl: `${called.url}/`, source }),
      new ExpressAdapter(),
    );
    closing.push(() => calling.app.close());
    const answer = await fetch(`${calling.url}/42`);
    expect([answer.status, await answer.json()]).toEqual([200, { id: '42', shownTo: 'herald' }]);
  });

  it('is data for tools', () => {
    expect(JSON.parse(JSON.stringify(fleet.definition))).toEqual({
      census: {
        audience: 'https://census.example/',
        scopes: {
          'users:read': 'read the users whom the subject may see',
          'users:write': 'change what the subject may change',
        },
        calls: {},
      },
      herald: { scopes: {}, calls: { census: ['users:read'] } },
    });
  });
});
