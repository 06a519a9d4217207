import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';

import type { ModuleRef } from '@nestjs/core';
import {
  clientSecretBasic,
  TokenAcquisitionError,
  tokenExchange,
  type TokenRequest,
  type TokenSource,
} from '@countersign/token';
import { startFaultProxy, startTokenEndpoint, type FaultProxy } from '@countersign/testing';

import { CallContexts } from './call-contexts.js';
import { NoSubjectError } from './no-subject-error.js';
import { ServiceCallError } from './service-call-error.js';
import { ServiceClient } from './service-client.js';
import { resolveClient, type ServiceClientOptions } from './service-client.options.js';

const secret = 'the-token-that-nobody-may-see';

describe('ServiceClient', () => {
  const asked: { line: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const wanted: TokenRequest[] = [];
  let answer: RequestListener;
  let server: Server;
  let proxy: FaultProxy;
  let clients: ServiceClient[];

  /** A source that has a new token each time it is asked, so that attempts can be told apart. */
  const fresh: TokenSource = {
    token: (request) => {
      wanted.push(request);
      return { token: `${secret}-${wanted.length}`, carrier: 'JWT', expiresAt: 0 };
    },
  };

  beforeEach(async () => {
    asked.length = 0;
    wanted.length = 0;
    clients = [];
    answer = json({ fine: true });
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        asked.push({ line: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() });
        answer(request, response);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await proxy.close();
    await Promise.all(clients.map((client) => client.close()));
  });

  const json =
    (body: unknown, status = 200, headers = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
  const inTurn = (...answers: RequestListener[]): RequestListener => {
    let turn = 0;
    return (...exchange) => answers[Math.min(turn++, answers.length - 1)]!(...exchange);
  };

  function client(options: Partial<ServiceClientOptions> = {}): ServiceClient {
    const url = `${proxy.origin}/api/`;
    const all = { url, audience: 'https://census.example/', source: fresh, ...options };
    const made = new ServiceClient(
      resolveClient('census', { timeout: '2s', ...all }),
      new CallContexts({} as ModuleRef),
    );
    clients.push(made);
    return made;
  }
  const calls = (options: Partial<ServiceClientOptions> = {}) => client(options).asSelf();

  async function failure(of: Promise<unknown>): Promise<ServiceCallError> {
    const error: unknown = await of.catch((thrown: unknown) => thrown);
    if (!(error instanceof ServiceCallError)) throw new Error(`not refused: ${inspect(error)}`);
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toMatch(/nobody-may-see|leak/);
    return error;
  }

  it('sends JSON with a token for this audience, and reads JSON', async () => {
    const scopes = ['users:write'];
    const query = { n: 'a b&c', many: ['1', '2'] };
    const headers = { 'Idempotency-Key': 'k' };
    const body = { name: 'Bob' };
    const options = { query, headers, scopes };
    expect(await calls().post('/user/', body, options)).toEqual({ fine: true });
    expect(asked).toEqual([
      {
        line: 'POST /api/user/?n=a+b%26c&many=1&many=2',
        headers: expect.objectContaining({
          jwt: `${secret}-1`,
          accept: 'application/json',
          'accept-encoding': 'identity',
          'content-type': 'application/json',
          'idempotency-key': 'k',
        }),
        body: '{"name":"Bob"}',
      },
    ]);
    expect(wanted).toEqual([
      { audience: 'https://census.example/', scopes, subject: undefined, refused: undefined },
    ]);
  });

  it('has the token signed for the very request where that is wanted', async () => {
    await calls({ bound: true }).put('/user/1/', { a: 1 }, { query: { b: 'c d' } });
    expect(wanted[0]?.binding).toEqual({
      method: 'PUT',
      url: `${proxy.origin}/api/user/1/?b=c+d`,
      body: Buffer.from('{"a":1}'),
    });
    expect(asked[0]?.line).toBe('PUT /api/user/1/?b=c+d');
  });

  it('answers nothing for an empty answer, and what the caller makes of one that is not', async () => {
    answer = (_, response) => void response.writeHead(204).end();
    expect(await calls().delete('/user/1/')).toBeUndefined();
    answer = json({ id: 7 });
    const parse = (value: unknown) => (value as { id: number }).id + 1;
    expect(await calls().patch('/user/1/', {}, { parse })).toBe(8);
  });

  it('gives the whole answer, also of a status that is expected', async () => {
    answer = json({ no: 1 }, 404, { etag: '"x"' });
    const whole = await calls().request('GET', '/user/1/', { expect: [404] });
    expect([whole.status, whole.headers['etag'], whole.json()]).toEqual([404, '"x"', { no: 1 }]);
  });

  it('takes a whole URL that lies below its own', async () => {
    await calls().get(`${proxy.origin}/api/user/42/`);
    expect(asked[0]?.line).toBe('GET /api/user/42/');
  });

  it.each([
    ['another origin', 'https://evil.example/api/user/'],
    ['another port', 'http://127.0.0.1:1/api/user/'],
    ['an origin that begins alike', '%.evil.example/'],
    ['a path beside its own', '%/other/'],
    ['dots that leave it', '/../other/'],
    ['escaped dots', '/%2e%2e/other/'],
    ['a backslash', '/\\evil.example/'],
    ['two slashes for a host', '//evil.example/'],
    ['a path without slash', 'user/'],
    ['nothing', ''],
    ['a query', '/user/?a=b'],
    ['a fragment', '/user/#a'],
    ['a blank', '/user/a b/'],
    ['a line break', '/user/\r\nhost: evil/'],
    ['letters that are not escaped', '/user/ü/'],
  ])('sends nothing to %s', async (name, path) => {
    const target = path.replace(/^%/, proxy.origin);
    const call = calls().get(target);
    // Two slashes are a path like any other here: they stay below the URL of the service.
    if (name === 'two slashes for a host') {
      await call;
      return expect(asked[0]?.line).toBe('GET /api//evil.example/');
    }
    await expect(call).rejects.toThrow(TypeError);
    expect([asked, wanted]).toEqual([[], []]);
  });

  it.each([
    'authorization',
    'Authorization',
    'JWT',
    'token',
    'DPoP',
    'cookie',
    'Host',
    'content-length',
    'transfer-encoding',
    'traceparent',
    'x y',
    'x\r\ny',
  ])('lets nobody write the header %j', async (name) => {
    await expect(calls().get('/a', { headers: { [name]: 'x' } })).rejects.toThrow(TypeError);
    await expect(calls().get('/a', { headers: { x: 'a\r\nb' } })).rejects.toThrow(TypeError);
    expect([asked, wanted]).toEqual([[], []]);
  });

  it.each([
    ['a function', () => undefined],
    ['a big integer', 1n],
    ['bytes without a type', Buffer.from('x')],
  ])('sends no %s', async (_name, body) => {
    await expect(calls().post('/a', body)).rejects.toThrow(TypeError);
    expect(asked).toEqual([]);
  });

  it('sends bytes as they are', async () => {
    const headers = { 'content-type': 'text/plain' };
    await calls().post('/a', Buffer.from('ü'), { headers });
    expect(asked[0]).toMatchObject({ body: 'ü', headers });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    answer = json({}, status, { location: '/api/leak/' });
    const call = calls().get('/user/1/');
    expect(await failure(call)).toMatchObject({ reason: 'refused', status });
    expect(asked).toHaveLength(1);
  });

  it('tells code, decision and pause of a refusal, and nothing else the peer wrote', async () => {
    const problem = { code: 'SCOPE_MISSING', decision: 'abc_1', detail: 'leak\nfalse line' };
    const type = { 'content-type': 'application/problem+json', 'retry-after': '60' };
    answer = json(problem, 403, type);
    const error = await failure(calls({ timeout: '1s' }).get('/user/1/', { query: { q: 'leak' } }));
    expect(error).toMatchObject({
      message: 'census gave no good answer to GET /api/user/1/: it answered 403',
      reason: 'refused',
      service: 'census',
      status: 403,
      code: 'SCOPE_MISSING',
      decision: 'abc_1',
      retryAfter: 60,
    });
    expect(error.problem).toEqual(problem);
  });

  it.each([
    [{ code: 'lower', decision: 'two\nlines' }],
    [{ code: 7, decision: 'x'.repeat(65) }],
    [[]],
    [null],
  ])('takes only codes and ids for such: %j', async (body) => {
    answer = json(body, 400);
    const error = await failure(calls().get('/a'));
    expect([error.status, error.code, error.decision]).toEqual([400, undefined, undefined]);
  });

  it.each<[string, RequestListener, Partial<ServiceCallError>]>([
    ['text', (_, response) => void response.end('hello'), { reason: 'invalid_answer' }],
    [
      'JSON that parsers read differently',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1,"a":2}');
      },
      { reason: 'invalid_answer' },
    ],
    [
      'compressed bytes',
      json({}, 200, { 'content-encoding': 'gzip' }),
      { reason: 'invalid_answer' },
    ],
    ['two megabytes', json('x'.repeat(2_000_000)), { reason: 'invalid_answer' }],
    [
      'two megabytes in chunks',
      (_, response) => {
        response.on('error', () => undefined);
        for (let i = 0; i < 32; i++) response.write(' '.repeat(65_536));
        response.end();
      },
      { reason: 'invalid_answer' },
    ],
    [
      'half of it',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"a":');
        setImmediate(() => response.destroy());
      },
      { reason: 'invalid_answer' },
    ],
    [
      'something that is not HTTP',
      (request) => void request.socket.end('SMTP leak\r\n\r\n'),
      { reason: 'invalid_answer' },
    ],
    ['too many headers', json({}, 200, { x: 'y'.repeat(20_000) }), {}],
    ['500', json({}, 500), { reason: 'failed', status: 500 }],
    ['nothing', () => undefined, { reason: 'timeout' }],
    [
      'a drip',
      (_, response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
      { reason: 'timeout' },
    ],
  ])('takes %s for no answer', async (_name, bad, expected) => {
    answer = bad;
    const error = await failure(calls({ timeout: '400ms' }).get('/a'));
    expect(error).toMatchObject(expected);
    expect(asked).toHaveLength(1);
    answer = json({ well: 'again' });
    expect(await calls().get('/a')).toEqual({ well: 'again' });
  });

  it('takes an answer that is cut off for no answer', async () => {
    proxy.cutAfter = 50;
    expect((await failure(calls().get('/a'))).reason).toBe('unreachable');
    proxy.cutAfter = 250;
    answer = json('x'.repeat(1000));
    expect((await failure(calls().get('/a'))).reason).toBe('invalid_answer');
  });

  it('waits no longer than it may, for a peer that is slow or gone', async () => {
    proxy.latency = 2000;
    expect((await failure(calls({ timeout: '200ms' }).get('/a'))).reason).toBe('timeout');
    proxy.mode = 'hang';
    expect((await failure(calls({ timeout: '200ms' }).get('/a'))).reason).toBe('timeout');
    await proxy.close();
    expect((await failure(calls().get('/a'))).reason).toBe('unreachable');
  });

  it('waits no longer than it may for a token either', async () => {
    const source = { token: () => new Promise<never>(() => undefined) };
    expect((await failure(calls({ source, timeout: '100ms' }).get('/a'))).reason).toBe('timeout');
    expect(asked).toEqual([]);
  });

  it('can be given up', async () => {
    answer = () => undefined;
    const signal = AbortSignal.timeout(100);
    expect((await failure(calls().get('/a', { signal }))).reason).toBe('cancelled');
    expect((await failure(calls().get('/a', { signal: AbortSignal.abort() }))).reason).toBe(
      'cancelled',
    );
  });

  it('lets only so many calls wait', async () => {
    answer = () => undefined;
    const busy = calls({ connections: 1, maxQueued: 2, timeout: '300ms' });
    const made = [1, 2, 3, 4, 5].map(() => failure(busy.get('/a')));
    const reasons = (await Promise.all(made)).map(({ reason }) => reason);
    expect(reasons).toEqual(['timeout', 'timeout', 'timeout', 'overloaded', 'overloaded']);
  });

  describe('another attempt', () => {
    it.each<[string, 'GET' | 'PUT' | 'DELETE']>([
      ['a read', 'GET'],
      ['a replacement', 'PUT'],
      ['a removal', 'DELETE'],
    ])('follows %s on a connection that had gone stale, with its own token', async (_n, method) => {
      const stale = calls({ connections: 1 });
      await stale.get('/a');
      proxy.mode = 'stale';
      expect((await stale.request(method, '/b')).status).toBe(200);
      expect(asked.map(({ line, headers }) => [line, headers['jwt']])).toEqual([
        ['GET /api/a', `${secret}-1`],
        [`${method} /api/b`, `${secret}-3`],
      ]);
    });

    it('follows no call that might be done twice, unless it says that it may', async () => {
      const stale = calls({ connections: 1 });
      await stale.get('/a');
      proxy.mode = 'stale';
      expect((await failure(stale.post('/b', {}))).reason).toBe('unreachable');
      expect(wanted).toHaveLength(2);
      await stale.get('/a');
      proxy.mode = 'stale';
      await stale.post('/b', {}, { idempotent: true });
      expect(asked.map(({ line }) => line)).toEqual(['GET /api/a', 'GET /api/a', 'POST /api/b']);
    });

    it('is the last, where every connection is lost', async () => {
      proxy.mode = 'reset';
      expect((await failure(calls().get('/a'))).reason).toBe('unreachable');
      expect(proxy.connections()).toBe(2);
    });

    const refused = json({}, 401, { 'www-authenticate': 'Bearer error="invalid_token"' });

    it('is made with a new token where the peer calls this one invalid, of any call', async () => {
      answer = inTurn(refused, json({ fine: 1 }));
      expect(await calls().post('/a', { b: 1 })).toEqual({ fine: 1 });
      expect(wanted.map(({ refused: by }) => by)).toEqual([undefined, `${secret}-1`]);
      expect(asked.map(({ body }) => body)).toEqual(['{"b":1}', '{"b":1}']);
    });

    it('is made once, and with another token only', async () => {
      answer = refused;
      expect((await failure(calls().get('/a'))).status).toBe(401);
      expect(asked).toHaveLength(2);
      const source: TokenSource = {
        token: () => ({ token: 'same', carrier: 'Bearer', expiresAt: 0 }),
      };
      expect((await failure(calls({ source }).get('/a'))).status).toBe(401);
      expect(asked).toHaveLength(3);
    });

    it('is not made for a 401 that says nothing about the token', async () => {
      answer = json({}, 401, { 'www-authenticate': 'Bearer realm="census"' });
      expect((await failure(calls().get('/a'))).status).toBe(401);
      expect(asked).toHaveLength(1);
    });

    it.each([
      [503, 1],
      [429, 0],
    ])('waits as long as the peer asks for (%i, %i s)', async (status, seconds) => {
      answer = inTurn(json({}, status, { 'retry-after': `${seconds}` }), json({ fine: 1 }));
      const before = performance.now();
      expect(await calls({ timeout: '10s' }).get('/a')).toEqual({ fine: 1 });
      expect(performance.now() - before).toBeGreaterThanOrEqual(seconds * 1000 - 10);
    });

    it('is not made where the pause is longer than the call may take', async () => {
      answer = json({}, 503, { 'retry-after': '30' });
      const error = await failure(calls().get('/a'));
      expect([error.retryAfter, asked.length]).toEqual([30, 1]);
      expect((await failure(calls().post('/a'))).retryAfter).toBe(30);
    });
  });

  it('never calls without a token', async () => {
    const gone = new TokenAcquisitionError({
      reason: 'unavailable',
      server: 'https://auth.example',
      client: 'herald',
      request: { audience: 'a' },
      detail: 'it is down',
    });
    for (const [source, expected] of [
      [{ token: () => Promise.reject(gone) }, gone],
      [
        {
          token: () => {
            throw new TypeError('no');
          },
        },
        new TypeError('no'),
      ],
    ] as const)
      await expect(calls({ source }).get('/a')).rejects.toEqual(expected);
    expect(proxy.connections()).toBe(0);
  });

  it('calls as a user who is not there by their URI, and brings no token of theirs', async () => {
    await client().asUser('https://census.example/user/42/').get('/a');
    expect(wanted[0]?.subject).toEqual({ uri: 'https://census.example/user/42/' });
  });

  it('exchanges the token of a user who has logged in, once for many calls', async () => {
    const authServer = await startTokenEndpoint();
    const { issuer } = authServer;
    const source = tokenExchange({ issuer, client: clientSecretBasic('web-app', secret) });
    const expiresAt = Math.floor(Date.now() / 1000) + 300;
    const user = { uri: 'https://census.example/user/42/', token: 'of-their-session', expiresAt };
    const web = client({ source });
    try {
      await web.asUser(user).get('/a');
      await web.asUser(user).get('/b');
      await web.asUser({ ...user, token: 'of-a-later-session' }).get('/c');
      await expect(web.asUser(user.uri).get('/d')).rejects.toThrow(TypeError);
    } finally {
      await authServer.close();
    }
    const exchanged = authServer.questions.map(({ form }) => form['subject_token']);
    expect(exchanged).toEqual(['of-their-session', 'of-a-later-session']);
    const sent = asked.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
  });

  it('calls only as whom it is declared to be called', () => {
    expect(() => client({ as: 'subject' }).asSelf()).toThrow(
      new TypeError('clients.census is declared to be called as subject only'),
    );
    expect(() => client({ as: 'self' }).asUser('https://census.example/user/42/')).toThrow(
      'as self only',
    );
    expect(() => client({ as: 'self' }).asSubject()).toThrow('as self only');
    expect(client({ as: 'subject' }).asUser('https://census.example/user/42/')).toBeDefined();
  });

  it('calls for nobody outside of a request', () => {
    expect(() => client().asSubject()).toThrow(NoSubjectError);
  });

  it.each<[string, Partial<Record<keyof ServiceClientOptions | 'sources', unknown>>]>([
    ['url', { url: 'https://census.example' }],
    ['url', { url: 'http://census.example/' }],
    ['url', { url: 'ftp://census.example/' }],
    ['url', { url: 'https://a:b@census.example/' }],
    ['audience', { audience: '' }],
    ['scopes', { scopes: ['a b'] }],
    ['source', { source: {} }],
    ['source', { source: { asSelf: fresh } }],
    ['as', { as: 'user' }],
    ['timeout', { timeout: '6m' }],
    ['timeout', { timeout: 0 }],
    ['maxResponseBytes', { maxResponseBytes: 0 }],
    ['connections', { connections: 1.5 }],
    ['maxQueued', { maxQueued: -1 }],
    ['ca', { ca: 'x' }],
    ['sources', { sources: fresh }],
  ])('refuses to be made with a wrong %s', (option, options) => {
    expect(() => client(options as object)).toThrow(TypeError);
    expect(() => client(options as object)).toThrow(option);
  });

  it('goes over plain HTTP to another machine only where that is said', () => {
    const url = 'http://census.internal/';
    expect(() => client({ url, allowPlainHttp: true })).not.toThrow();
  });
});
