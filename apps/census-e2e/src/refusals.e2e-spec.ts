import {
  cast,
  readerClient,
  send,
  tokenFor,
  userUri,
  webClient,
  type Fleet,
  type LogEntry,
} from '@countersign/fleet';
import { aToken, createTestIssuer, createTestKey } from '@countersign/testing';
import { parseToken } from '@countersign/token';

import { counterClient, getUser, lifetime, startCensus, teamClient } from './start-census.js';

/** Nobody has this number: the handler, and only the handler, would say 404. */
const nobody = 999;
/** What Census allows clocks to differ, in seconds. */
const clockTolerance = 10;

describe('Census refuses', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startCensus();
  });

  afterAll(() => fleet?.stop());

  const readerToken = (): Promise<string> =>
    tokenFor(fleet, { client: readerClient, audience: fleet.urls.census });

  const teamToken = (user: number): Promise<string> =>
    tokenFor(fleet, {
      client: teamClient,
      audience: fleet.urls.census,
      subject: userUri(fleet.urls, user),
    });

  /** Signs as the auth server would, but with a key of its own. */
  const forged = (issuer: string, kid?: string): string => {
    const impostor = createTestIssuer({ issuer });
    const key = createTestKey('ES256', kid ?? impostor.key.kid ?? 'other');
    return aToken()
      .from(impostor)
      .signedBy(key)
      .caller(readerClient)
      .to(fleet.urls.census)
      .scopes('users:read:any')
      .sign();
  };

  const refusals: readonly {
    readonly what: string;
    readonly token: () => string | undefined | Promise<string | undefined>;
    readonly status: number;
    readonly code: string;
    readonly challenge: string | undefined;
    readonly expected: () => unknown;
    readonly got: () => unknown;
  }[] = [
    {
      what: 'a call without a token',
      token: () => undefined,
      status: 401,
      code: 'TOKEN_MISSING',
      challenge: 'Bearer realm="census"',
      expected: () => ['Authorization', 'JWT'],
      got: () => 'none',
    },
    {
      what: 'a token for another audience',
      token: () =>
        tokenFor(fleet, {
          client: webClient,
          audience: fleet.urls.herald,
          subject: userUri(fleet.urls, cast.sender),
        }),
      status: 401,
      code: 'AUDIENCE_MISMATCH',
      challenge: 'error="invalid_token"',
      expected: () => fleet.urls.census,
      got: () => [fleet.urls.herald],
    },
    {
      what: 'a token of an issuer it does not know',
      token: () => forged('https://unknown.example'),
      status: 401,
      code: 'ISSUER_UNTRUSTED',
      challenge: 'error="invalid_token"',
      expected: () => 'the exact iss of a trust entry',
      got: () => 'https://unknown.example',
    },
    {
      what: 'a token in the name of the auth server, signed by somebody else under its key id',
      token: async () => {
        const { kid } = parseToken(await readerToken()).header;
        return forged(fleet.urls.issuer, String(kid));
      },
      status: 401,
      code: 'SIGNATURE_INVALID',
      challenge: 'error="invalid_token"',
      expected: () => expect.stringContaining('a signature by key') as unknown,
      got: () => expect.stringContaining('another key') as unknown,
    },
    {
      what: 'a token without the scope',
      token: () => tokenFor(fleet, { client: counterClient, audience: fleet.urls.census }),
      status: 403,
      code: 'SCOPE_MISSING',
      challenge: 'error="insufficient_scope"',
      expected: () => ['users:read:any'],
      got: () => ['users:count'],
    },
    {
      what: 'a user who may not see that user',
      token: () => teamToken(cast.stranger),
      status: 403,
      code: 'POLICY_REFUSED',
      challenge: undefined,
      expected: () => 'allowed',
      got: () => 'not_visible',
    },
  ];

  /** The decision log line of an answer. */
  const decisionOf = (decision: unknown): Promise<LogEntry> =>
    fleet.services.census.log.waitFor(
      `decision ${String(decision)}`,
      (entry) => entry['event'] === 'access.refused' && entry['decision'] === decision,
      5_000,
    );

  const grantsSince = (mark: number): readonly LogEntry[] =>
    fleet.services.census.log.since(mark).filter((entry) => entry['event'] === 'access.granted');

  /**
   * The handler did not run: the guard let nobody in since then, and for a user whom only the
   * handler could miss the answer is the same refusal, not its 404.
   */
  const expectNoHandler = async (
    token: string | undefined,
    { status, code }: { readonly status: number; readonly code: string },
    since: number,
  ): Promise<void> => {
    const missing = await getUser(fleet, nobody, token);
    expect([missing.status, missing.json['code']]).toEqual([status, code]);
    await decisionOf(missing.json['decision']);
    expect(grantsSince(since)).toEqual([]);
  };

  it.each(refusals)('$what: $status $code', async (refusal) => {
    const token = await refusal.token();
    const mark = fleet.services.census.log.count;
    const answer = await getUser(fleet, cast.recipient, token);

    expect(answer.status).toBe(refusal.status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json).toMatchObject({ status: refusal.status, code: refusal.code });
    const challenge = answer.headers['www-authenticate'];
    if (refusal.challenge === undefined) expect(challenge).toBeUndefined();
    else expect(challenge).toContain(refusal.challenge);

    const entry = await decisionOf(answer.json['decision']);
    expect(entry).toMatchObject({
      service: 'census',
      code: refusal.code,
      status: refusal.status,
      path: `/user/${cast.recipient}/`,
      expected: refusal.expected(),
      got: refusal.got(),
    });
    expect(JSON.stringify(entry)).not.toContain(token ?? 'no token was sent');

    expect(answer.text).not.toContain('example.test');
    await expectNoHandler(token, refusal, mark);
  });

  it('but answers a service of its own right, whose call the handler does see', async () => {
    const mark = fleet.services.census.log.count;
    const answer = await getUser(fleet, cast.recipient, await readerToken());
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      uri: userUri(fleet.urls, cast.recipient),
      name: expect.any(String) as unknown,
      email: expect.stringContaining('@example.test') as unknown,
      team: 'blue',
      role: 'member',
    });
    expect((await getUser(fleet, nobody, await readerToken())).status).toBe(404);
    await fleet.services.census.log.waitFor(
      'two grants',
      () => grantsSince(mark).length === 2,
      5_000,
    );
    expect(grantsSince(mark)[0]).toMatchObject({ caller: readerClient, audience: 'census' });
  });

  it('but answers a user who may see that user', async () => {
    expect((await getUser(fleet, cast.recipient, await teamToken(cast.sender))).status).toBe(200);
  });

  it('a token in another header than its issuer uses: 401 CARRIER_MISMATCH', async () => {
    const headers = { jwt: await readerToken() };
    const answer = await send(userUri(fleet.urls, cast.recipient), { headers });
    expect([answer.status, answer.json['code']]).toEqual([401, 'CARRIER_MISMATCH']);
  });

  it('a token that has expired, as soon as the clock tolerance is over', async () => {
    const token = await readerToken();
    const expiresAt = Number(parseToken(token).claims['exp']);
    const deadline = Date.now() + (lifetime + clockTolerance + 5) * 1000;
    let answer = await getUser(fleet, cast.recipient, token);
    expect(answer.status).toBe(200);
    while (answer.status === 200 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      answer = await getUser(fleet, cast.recipient, token);
    }
    expect(answer.status).toBe(401);
    expect(answer.json['code']).toBe('TOKEN_EXPIRED');
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(expiresAt + clockTolerance);
    const refusal = { status: 401, code: 'TOKEN_EXPIRED' };
    await expectNoHandler(token, refusal, fleet.services.census.log.count);
    const entry = await decisionOf(answer.json['decision']);
    expect(entry).toMatchObject({
      code: 'TOKEN_EXPIRED',
      expected: { exp: expiresAt, clockTolerance },
      got: { now: expect.any(Number) as unknown, secondsLate: expect.any(Number) as unknown },
      fix: expect.stringContaining('ask for a new token') as unknown,
    });
  });
});
