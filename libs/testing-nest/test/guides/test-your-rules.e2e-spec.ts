import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import {
  CountersignTest,
  describeAccess,
  trustTestIssuers,
  type RouteAccess,
} from '../../src/index.js';
import { AppModule } from './app.module.js';

let app: INestApplication;
let t: CountersignTest;

beforeAll(async () => {
  app = await NestFactory.create(trustTestIssuers(AppModule), { logger: false });
  t = await CountersignTest.for(app);
});
afterAll(() => app.close());

it('shows users to themselves', async () => {
  const bob = t.as('herald', { subject: '/user/42/', scopes: ['users:read'] });
  await bob.get('/user/42').expect(200);
  await bob.get('/user/43').expect(403, 'POLICY_REFUSED');
  await t.tampered('audience').get('/user/42').expect(401, 'AUDIENCE_MISMATCH');
  await t.anonymous().get('/user/42').expect(401, 'TOKEN_MISSING');
});

it('forgets nobody in time', async () => {
  const late = { scopes: ['users:read'], tampered: 'expired' } as const;
  await t.as('herald', late).get('/user/42').expect(401, 'TOKEN_EXPIRED');
  t.clock.advance('2m');
});

describeAccess(() => t, {
  subject: '/user/42/',
  requests: { 'GET /user/:id': { params: { id: '42' } } },
});

it('opens nothing else', () => {
  expect(t.accessMap()).toMatchInlineSnapshot(`
   {
     "GET /health": "everybody: liveness probe",
     "GET /user/:id": "census: a user and SameUser({"param":"id"}) and users:read",
   }
  `);
});

const file = join(import.meta.dirname, 'access-rules.json');
const routes = JSON.parse(readFileSync(file, 'utf8')) as RouteAccess[];
describeAccess(() => t, { name: 'reviewed access', routes, subject: '/user/42/' });

it('has the rules that were reviewed', () => {
  expect(t.routes()).toEqual(routes);
});

describe('the guide of testing rules', () => {
  it('shows only what is compiled and run here', () => {
    const withoutSpace = (text: string) => text.replace(/\s+/g, '');
    const root = join(import.meta.dirname, '../../../..');
    const guide = readFileSync(join(root, 'docs/guides/test-your-rules.md'), 'utf8');
    const here = join(import.meta.dirname, 'test-your-rules.e2e-spec.ts');
    const vitest = join(import.meta.dirname, '../vitest/notes.test.ts');
    const run = [here, vitest].map((path) => withoutSpace(readFileSync(path, 'utf8'))).join('');
    const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block as string);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) expect(run).toContain(withoutSpace(block));
  });
});
