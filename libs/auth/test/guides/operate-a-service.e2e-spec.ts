import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import 'reflect-metadata';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createTestIssuer } from '@countersign/testing';

import { run } from '../adapters.js';
import { healthyModule } from './operate-a-service.js';

const root = join(import.meta.dirname, '../../../..');
const withoutSpace = (text: string) => text.replace(/\s+/g, '');

describe('the guide of operation', () => {
  const guide = readFileSync(join(root, 'docs/guides/operate-a-service.md'), 'utf8');

  it('shows the health of a service as it is compiled and run here', () => {
    const own = readFileSync(join(import.meta.dirname, 'operate-a-service.ts'), 'utf8');
    const [block = ''] = /@Controller\('health'\).*?(?=```)/s.exec(guide) ?? [];
    expect(block).not.toBe('');
    expect(withoutSpace(own)).toContain(withoutSpace(block));
  });

  it('names every metric, and no other', () => {
    const sources = ['decisions', 'sources', 'calls'].map((name) =>
      readFileSync(join(import.meta.dirname, `../../src/lib/telemetry/observe-${name}.ts`), 'utf8'),
    );
    const metrics = (text: string, form: RegExp) =>
      [...text.matchAll(form)].map(([, name]) => name as string).sort();
    const made = metrics(sources.join(), /create(?:Counter|Histogram)\('([^']+)'/g);
    expect(metrics(guide, /^\| `(countersign\.[\w.]+)` /gm)).toEqual(made);
  });

  it('shows what works', async () => {
    const issuer = createTestIssuer({ name: 'auth-server' });
    const served = await issuer.serve();
    const { app, url } = await run(
      healthyModule([issuer.servedTrustEntry()]),
      new FastifyAdapter(),
    );
    try {
      const answer = await fetch(`${url}/health/ready`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ status: 'ok' });
    } finally {
      await app.close();
      await served.close();
    }
  });
});
