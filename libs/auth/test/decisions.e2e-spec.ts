import { Module } from '@nestjs/common';
import type { DecisionRecord } from '@countersign/token';
import { aToken, createTestIssuer, testClock, type TokenBuilder } from '@countersign/testing';

import 'reflect-metadata';
import { CountersignDecisionsModule, type DecisionsOverview } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';
import { CENSUS, censusModule } from './census.module.js';

const clock = testClock();
const authServer = createTestIssuer({
  clock,
  trust: { subjects: [`${CENSUS}user/`], callers: { 'herald-id': 'herald' } },
});
const billing = createTestIssuer({
  clock,
  kind: 'service-peer',
  name: 'billing',
  trust: { carrier: 'JWT', mayAssert: ['users:read'], subjects: [`${CENSUS}user/`] },
});
const stranger = createTestIssuer({ clock, name: 'stranger' });
const token = () => aToken().from(authServer).to(CENSUS);
const reader = token().scopes('admin:read');

describe.each(adapters)('the decisions of a service on %s', (_, makeAdapter) => {
  let running: Running;
  beforeAll(async () => {
    @Module({
      imports: [
        censusModule([authServer.trustEntry(), billing.trustEntry()], clock, 'all'),
        CountersignDecisionsModule.register({
          audience: 'census',
          keep: { max: 8, maxBytes: 131_072 },
        }),
      ],
    })
    class Explained {}
    running = await run(Explained, makeAdapter());
  });
  afterAll(() => running.app.close());

  async function get(path: string, by?: TokenBuilder | string, header = 'authorization') {
    const sent = typeof by === 'string' ? by : by?.sign();
    const value = header === 'authorization' ? `Bearer ${sent}` : String(sent);
    const response = await fetch(`${running.url}${path}`, {
      ...(sent !== undefined && { headers: { [header]: value } }),
    });
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }

  const read = (id: unknown, by: TokenBuilder = reader) =>
    get(`/countersign/decisions/${String(id)}`, by);

  async function why(path: string, by?: TokenBuilder | string, header?: string) {
    const { body } = await get(path, by, header);
    const { status, body: record } = await read(body['decision']);
    expect(status).toBe(200);
    return record as unknown as DecisionRecord;
  }

  const checks = ({ trace }: DecisionRecord) => trace.map(({ check, outcome }) => [check, outcome]);

  it('tells of a wrong audience every step, expected, got, and the command that helps', async () => {
    const record = await why('/user/principal', aToken().from(authServer).to('https://x.example/'));
    expect(record).toMatchObject({
      service: 'census',
      outcome: 'refused',
      code: 'AUDIENCE_MISMATCH',
      status: 401,
      method: 'GET',
      path: '/user/principal',
      handler: 'UsersController.principal',
      audience: 'census',
      expected: CENSUS,
      got: ['https://x.example/'],
      fix: 'ask the issuer for a token with the expected audience',
      command: `countersign token mint --audience ${CENSUS}`,
    });
    expect(checks(record)).toEqual([
      ...['credentials', 'form', 'issuer', 'carrier', 'type', 'algorithm', 'claims'].map(
        (check) => [check, 'passed'],
      ),
      ...['times', 'key', 'signature', 'revocation', 'principal'].map((check) => [check, 'passed']),
      ['audience', 'failed'],
    ]);
  });

  it('tells of a remembered token what was looked at again', async () => {
    const signed = token().sign();
    await get('/user/principal', signed);
    const record = await why('/user/admin', signed);
    expect(checks(record)).toEqual([
      ['credentials', 'passed'],
      ['remembered', 'passed'],
      ['issuer', 'passed'],
      ['key', 'passed'],
      ['times', 'passed'],
      ['revocation', 'passed'],
      ['principal', 'passed'],
      ['audience', 'failed'],
    ]);
  });

  it.each<[string, string, () => [path: string, by?: TokenBuilder | string, header?: string]]>([
    ['TOKEN_MISSING', 'credentials', () => ['/user/principal']],
    ['TOKEN_MALFORMED', 'form', () => ['/user/principal', 'a.b.c']],
    ['ISSUER_UNTRUSTED', 'issuer', () => ['/user/principal', aToken().from(stranger).to(CENSUS)]],
    [
      'CARRIER_MISMATCH',
      'carrier',
      () => ['/user/principal', aToken().from(billing).to(CENSUS), 'authorization'],
    ],
    ['TOKEN_EXPIRED', 'times', () => ['/user/principal', token().expired()]],
    ['SCOPE_MISSING', 'scopes', () => ['/user/any-scope', token()]],
    ['PRINCIPAL_KIND_FORBIDDEN', 'subject', () => ['/user/user-only', token()]],
    [
      'POLICY_REFUSED',
      'policy:SameUser',
      () => ['/user/7', token().onBehalfOf(`${CENSUS}user/42/`).scopes('users:read')],
    ],
  ])('ends the trace of %s with the step that refuses', async (code, _check, ask) => {
    const record = await why(...ask());
    const last = record.trace.at(-1);
    expect([record.code, last?.outcome, last?.code]).toEqual([code, 'failed', code]);
    expect(last?.check).toBe(record.check);
    expect(record.trace.slice(0, -1).every(({ outcome }) => outcome === 'passed')).toBe(true);
  });

  it('names the grant that is missing, one where one is enough', async () => {
    const { command } = await why('/user/any-scope', token());
    expect(command).toMatch(/^countersign grant add \S+ census --scope users:read$/);
  });

  it('keeps no token, no secret, and nothing that moves a cursor', async () => {
    const signed = aToken().from(authServer).to('https://x.example/\u001b[2J\u202e').sign();
    const record = await why('/user/principal', signed);
    const text = JSON.stringify(record);
    for (const part of signed.split('.')) expect(text).not.toContain(part);
    expect(text).toContain(String.raw`\\u{1b}[2J\\u{202e}`);
  });

  it('keeps grants where the options want all', async () => {
    await get('/user/principal', token());
    const overview = (await get('/countersign/decisions', reader)).body as unknown;
    const { latest, service } = overview as DecisionsOverview;
    expect(service).toBe('census');
    expect(latest.some(({ outcome }) => outcome === 'granted')).toBe(true);
    expect(latest.every((record) => !('trace' in record))).toBe(true);
  });

  it('tells how far behind it is, once a signed token has proved it', async () => {
    const future = clock.now() + 37;
    const garbage = aToken().from(authServer).to(CENSUS).issuedAt(future).signedBy(stranger.key);
    const unproven = await why('/user/principal', garbage);
    expect([unproven.code, unproven.skew]).toEqual(['TOKEN_NOT_YET_VALID', undefined]);
    clock.advance(1);
    const record = await why('/user/principal', token().issuedAt(future + 1));
    expect([record.code, record.skew]).toEqual([
      'TOKEN_NOT_YET_VALID',
      { issuer: 'auth-server', secondsAhead: 37 },
    ]);
    const { body } = await get('/countersign/decisions', reader);
    expect(body['skews']).toEqual([{ issuer: 'auth-server', secondsAhead: 37 }]);
  });

  it('forgets the oldest within its bounds, and no stranger washes out whom it knows', async () => {
    const { body: known } = await get('/user/any-scope', token());
    const { body: first } = await get('/user/principal');
    clock.advance(2);
    for (let n = 0; n < 20; n++) await get('/user/principal');
    clock.advance(2);
    expect(await read(known['decision'])).toMatchObject({ status: 200 });
    expect(await read(first['decision'])).toMatchObject({
      status: 410,
      body: { code: 'DECISION_FORGOTTEN' },
    });
    const { body } = await get('/countersign/decisions', reader);
    expect(body).toMatchObject({ strangers: { count: 4 } });
  });

  it.each(['AAAAAAAAAAAAAAAA', 'x', '..%2f..', '%00', 'constructor'])(
    'answers 404 or 410 to the id %s',
    async (id) => {
      expect([404, 410]).toContain((await read(id)).status);
    },
  );

  it.each<[string, () => TokenBuilder | undefined, number]>([
    ['nobody', () => undefined, 401],
    ['a token without the scope', () => token().scopes('users:read'), 403],
    ['the scope at another audience', () => reader.to(`${CENSUS}admin`), 401],
    [
      'a peer that may not assert it',
      () => aToken().from(billing).to(CENSUS).scopes('admin:read'),
      401,
    ],
  ])('shows nothing to %s', async (_who, by, status) => {
    for (const path of ['', '/AAAAAAAAAAAAAAAA']) {
      const answer = await get(`/countersign/decisions${path}`, by());
      expect(answer.status).toBe(status);
      expect(answer.body).not.toHaveProperty('trace');
    }
  });

  it('has its answers kept by nobody', async () => {
    const { headers } = await get('/countersign/decisions', reader);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe.each(adapters)('explain: in-response on %s', (_, makeAdapter) => {
  it('tells whoever is refused over HTTP what was looked at, and says so at boot', async () => {
    const module = censusModule([authServer.trustEntry()], clock, 'refused', undefined, {
      explain: 'in-response',
    });
    const { app, url, explain } = await run(module, makeAdapter());
    expect(explain).toEqual([expect.objectContaining({ event: 'explain.in_response' })]);
    const signed = aToken().from(authServer).to('https://x.example/').sign();
    const response = await fetch(`${url}/user/principal`, {
      headers: { authorization: `Bearer ${signed}` },
    });
    const body = (await response.json()) as { decision: string; explanation: DecisionRecord };
    expect([response.status, body.explanation]).toMatchObject([
      401,
      { decision: body.decision, expected: CENSUS, got: ['https://x.example/'] },
    ]);
    expect(body.explanation.trace.at(-1)).toMatchObject({ check: 'audience', outcome: 'failed' });
    for (const part of signed.split('.')) expect(JSON.stringify(body)).not.toContain(part);
    await app.close();
  });
});

describe('CountersignDecisionsModule', () => {
  it.each([
    [{ audience: '' }, /audience/],
    [{ audience: 'census', scope: 'a b' }, /scope/],
    [{ audience: 'census', path: '/x' }, /path/],
    [{ audience: 'census', pat: 'x' }, /pat/],
  ])('refuses %j, naming the option', (options, named) => {
    expect(() => CountersignDecisionsModule.register(options as never)).toThrow(named);
  });

  it.each([{ max: 1 }, { maxBytes: 1 }, { max: 2.5 }, { most: 3 }])(
    'refuses the bounds %j at boot',
    async (keep) => {
      @Module({
        imports: [
          censusModule([], clock),
          CountersignDecisionsModule.register({ audience: 'census', keep: keep as never }),
        ],
      })
      class Wrong {}
      await expect(run(Wrong, adapters[0][1]())).rejects.toThrow(TypeError);
    },
  );
});
