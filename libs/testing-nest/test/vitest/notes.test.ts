import 'reflect-metadata';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Audience, CountersignModule, Scopes } from '@countersign/auth';
import { authorizationServer } from '@countersign/token';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CountersignTest, describeAccess, trustTestIssuers } from '../../src/index.js';

@Controller('notes')
@Audience('notes')
class NotesController {
  @Get()
  @Scopes('notes:read')
  list() {
    return [];
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'notes',
      audiences: { notes: 'https://notes.example/' },
      trust: [authorizationServer('https://auth.example')],
    }),
  ],
  controllers: [NotesController],
})
class NotesModule {}

let app: INestApplication;
let t: CountersignTest;

beforeAll(async () => {
  app = await NestFactory.create(trustTestIssuers(NotesModule), { logger: false });
  t = await CountersignTest.for(app);
});
afterAll(() => app.close());

describeAccess(() => t, { runner: { describe, it } });

it('lets a reader read', async () => {
  await t
    .as('reader', { scopes: ['notes:read'] })
    .get('/notes')
    .expect(200);
  await t
    .as('writer', { scopes: ['notes:write'] })
    .get('/notes')
    .expect(403, 'SCOPE_MISSING');
});

it('keeps its access map', () => {
  expect(t.accessMap()).toMatchInlineSnapshot(`
    {
      "GET /notes": "notes: notes:read",
    }
  `);
});
