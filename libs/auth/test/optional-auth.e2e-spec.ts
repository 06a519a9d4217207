import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';
import type { CallerRef, SubjectRef } from '@countersign/token';

import {
  AccessToken,
  Audience,
  Authenticated,
  Caller,
  Claim,
  CountersignModule,
  OptionalAuth,
  Principal,
  Subject,
} from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';

const CENSUS = 'https://census.example/';
const clock = testClock();
const server = createTestIssuer({
  clock,
  trust: { subjects: [`${CENSUS}user/`], callers: { 'herald-id': 'herald' } },
});
const token = () => aToken().from(server).to(CENSUS);
const ran: string[] = [];

@Controller('notes')
@Audience('census')
class NotesController {
  @Get()
  @OptionalAuth()
  list(
    @Principal() principal: unknown,
    @Caller() caller: CallerRef | undefined,
    @Subject() subject: SubjectRef | undefined,
    @Claim('tenant') tenant: unknown,
    @AccessToken() raw: string | undefined,
  ) {
    ran.push('list');
    const parts = raw === undefined ? 0 : raw.split('.').length;
    return { isNobody: principal === undefined, caller, subject, tenant, parts };
  }

  @Get('claims')
  @Authenticated()
  claims(@Claim('tenant') tenant: unknown, @Claim('constructor') inherited: unknown) {
    return { tenant, inherited: inherited === undefined ? 'none' : 'something' };
  }

  @Get('raw')
  @Authenticated()
  raw(@AccessToken() raw: string) {
    return { raw };
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [server.trustEntry()],
      decisions: 'all',
      clock,
    }),
  ],
  controllers: [NotesController],
})
class NotesModule {}

describe.each(adapters)('parameters of handlers on %s', (_, adapter) => {
  let running: Running;

  beforeAll(async () => {
    running = await run(NotesModule, adapter());
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    ran.length = 0;
    running.decisions.length = 0;
  });

  async function get(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${running.url}${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  const bearer = (jwt: string) => ({ authorization: `Bearer ${jwt}` });

  it('lets a call without credentials in as nobody where a token is optional', async () => {
    expect(await get('/notes')).toEqual({ status: 200, body: { isNobody: true, parts: 0 } });
    expect(running.decisions).toEqual([
      {
        event: 'access.granted',
        service: 'census',
        method: 'GET',
        path: '/notes',
        handler: 'NotesController.list',
        audience: 'census',
      },
    ]);
  });

  it('tells who calls where an optional token comes and holds', async () => {
    const jwt = token().caller('herald-id').onBehalfOf(`${CENSUS}user/42/`).claim('tenant', 'a');
    expect(await get('/notes', bearer(jwt.sign()))).toMatchObject({
      status: 200,
      body: {
        isNobody: false,
        caller: { name: 'herald' },
        subject: { uri: `${CENSUS}user/42/` },
        tenant: 'a',
        parts: 3,
      },
    });
  });

  it.each<[string, string, () => Record<string, string>]>([
    ['an expired token', 'TOKEN_EXPIRED', () => bearer(token().expired().sign())],
    ['nonsense', 'TOKEN_MALFORMED', () => bearer('nonsense')],
    [
      'a token for another audience',
      'AUDIENCE_MISMATCH',
      () => bearer(token().to('https://herald.example/').sign()),
    ],
    [
      'a token of a stranger',
      'ISSUER_UNTRUSTED',
      () => bearer(token().claim('iss', 'https://evil.example').sign()),
    ],
    ['another scheme', 'TOKEN_MISSING', () => ({ authorization: 'Basic dXNlcjpwYXNz' })],
    ['a header that nobody trusted uses', 'TOKEN_MISSING', () => ({ jwt: token().sign() })],
  ])('never takes %s for nobody', async (_name, code, credentials) => {
    expect(await get('/notes', credentials())).toMatchObject({ status: 401, body: { code } });
    expect(ran).toEqual([]);
  });

  it('answers credentials that break the grammar with 400', async () => {
    expect(await get('/notes', { authorization: 'Bearer' })).toMatchObject({ status: 400 });
    expect(ran).toEqual([]);
  });

  it('hands on a claim as the token says it, and nothing that the token does not say', async () => {
    expect(await get('/notes/claims', bearer(token().claim('tenant', ['a', 1]).sign()))).toEqual({
      status: 200,
      body: { tenant: ['a', 1], inherited: 'none' },
    });
  });

  it('hands on the raw token to whoever asks for it, again when it is known', async () => {
    const jwt = token().sign();
    for (const time of ['first', 'again'])
      expect({ time, ...(await get('/notes/raw', bearer(jwt))) }).toEqual({
        time,
        status: 200,
        body: { raw: jwt },
      });
    expect(JSON.stringify(running.decisions)).not.toContain(jwt.split('.')[1]);
  });
});
