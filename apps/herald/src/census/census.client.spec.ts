import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CountersignClientsModule, NoSubjectError } from '@countersign/auth';
import { TokenAcquisitionError, type TokenSource } from '@countersign/token';

import { CENSUS_URL, CensusClient } from './census.client.js';
import { CensusError } from './census-error.js';

describe('CensusClient', () => {
  const asked: { path: string; token: string | undefined }[] = [];
  let answer: RequestListener;
  let server: Server;
  let url: string;
  let app: INestApplicationContext;
  let client: CensusClient;

  /** A source whose tokens say what they were asked for with. */
  const source: TokenSource = {
    token: ({ audience, subject, scopes }) => {
      const said = JSON.stringify({ audience, subject: subject?.uri, scopes });
      if (said.includes('/user/666/')) throw noToken(audience);
      return { token: Buffer.from(said).toString('base64url'), carrier: 'JWT', expiresAt: 0 };
    },
  };
  const noToken = (audience: string) =>
    new TokenAcquisitionError({
      reason: 'refused',
      server: 'https://auth.example',
      client: 'herald',
      request: { audience },
      detail: 'invalid_grant',
    });

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push({ path: request.url ?? '', token: request.headers['jwt'] as string | undefined });
      answer(request, response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const census = { url, scopes: ['users:read'], source, timeout: 0.4, maxResponseBytes: 65_536 };
    const clients = CountersignClientsModule.forRoot({ clients: { census } });
    const provideUrl = { provide: CENSUS_URL, useValue: url };
    @Module({ imports: [clients], providers: [provideUrl, CensusClient] })
    class App {}
    app = await NestFactory.createApplicationContext(App, { logger: false });
    client = app.get(CensusClient);
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await app.close();
  });

  const json =
    (body: unknown, status = 200, headers = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    };
  const user42 = () => ({ uri: `${url}user/42/`, name: 'Bob', email: 'bob@example.com' });
  const refusal = async (): Promise<string> => {
    const error: unknown = await client
      .userFor(`${url}user/42/`, `${url}user/21/`)
      .catch((e: unknown) => e);
    if (!(error instanceof CensusError)) throw new Error(`no CensusError: ${String(error)}`);
    return error.refusal;
  };

  it('asks for the user with a token for Census, the subject and users:read', async () => {
    answer = (request, response) => json({ ...user42(), team: 'blue' })(request, response);
    await expect(client.userFor(`${url}user/42/`, `${url}user/21/`)).resolves.toEqual(user42());
    expect(asked).toHaveLength(1);
    expect(asked[0]?.path).toBe('/user/42/');
    expect(JSON.parse(Buffer.from(asked[0]?.token ?? '', 'base64url').toString())).toEqual({
      audience: url,
      subject: `${url}user/21/`,
      scopes: ['users:read'],
    });
  });

  it('sends nothing as the user of a request when there is none', async () => {
    await expect(client.user(`${url}user/42/`)).rejects.toThrow(NoSubjectError);
    expect(asked).toEqual([]);
  });

  it('calls Census unavailable when there is no token for it', async () => {
    const refused = client.userFor(`${url}user/42/`, `${url}user/666/`);
    await expect(refused).rejects.toMatchObject({ refusal: 'unavailable' });
    expect(asked).toEqual([]);
  });

  it('sends nothing for a URI that is not a Census user', async () => {
    await expect(client.userFor('http://127.0.0.1:1/user/42/', `${url}user/21/`)).rejects.toThrow(
      TypeError,
    );
    await expect(client.userFor(`${url}user/42/../1/`, `${url}user/21/`)).rejects.toThrow(
      TypeError,
    );
    expect(asked).toEqual([]);
  });

  it.each([
    [403, 'forbidden'],
    [404, 'missing'],
    [401, 'unavailable'],
    [400, 'unavailable'],
    [204, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('understands %i as %s', async (status, expected) => {
    answer = json({}, status);
    await expect(refusal()).resolves.toBe(expected);
  });

  it.each([
    [{ decision: 'abc-DEF_123' }, 'abc-DEF_123'],
    [{ decision: 'two\nlines' }, undefined],
    [{ decision: 'x'.repeat(65) }, undefined],
    [{ decision: 7 }, undefined],
    ['', undefined],
  ])("keeps the id of Census's explanation, and only that: %j", async (body, decision) => {
    answer = json(body, 403);
    const refused = client.userFor(`${url}user/42/`, `${url}user/21/`);
    await expect(refused).rejects.toMatchObject({ refusal: 'forbidden', decision });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const decoy: string[] = [];
    const other = createServer((request, response) => {
      decoy.push(request.url ?? '');
      response.end();
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/user/42/`;
    answer = json('', status, { location });
    await expect(refusal()).resolves.toBe('unavailable');
    expect(decoy).toEqual([]);
    expect(asked).toHaveLength(1);
    other.close();
  });

  it.each<[string, () => RequestListener]>([
    ['text that is not JSON', () => json('<html>')],
    ['nothing', () => json('')],
    ['null', () => json(null)],
    ['a list', () => json([])],
    ['a user without address', () => json({ uri: `${url}user/42/`, name: 'Bob' })],
    ['an address that is a list', () => json({ ...user42(), email: ['bob@example.com'] })],
    ['another user', () => json({ ...user42(), uri: `${url}user/7/` })],
    ['bytes that are not UTF-8', () => json(Buffer.from([0x22, 0xff, 0x22]))],
    ['a byte order mark', () => json(`\ufeff${JSON.stringify(user42())}`)],
    ['JSON called HTML', () => json(user42(), 200, { 'content-type': 'text/html' })],
    [
      'compressed bytes',
      () => json(Buffer.from([31, 139, 8, 0]), 200, { 'content-encoding': 'gzip' }),
    ],
    ['10 MB', () => json({ ...user42(), padding: 'x'.repeat(10_000_000) })],
    [
      '10 MB of unknown length',
      () => (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.on('error', () => undefined);
        for (let i = 0; i < 160; i++) response.write(' '.repeat(65_536));
        response.end();
      },
    ],
    [
      'half an answer',
      () => (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"uri":');
        setImmediate(() => response.destroy());
      },
    ],
    ['nothing at all', () => () => undefined],
    [
      'a drip',
      () => (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      },
    ],
    ['a closed door', () => (request) => request.socket.destroy()],
  ])('calls Census unavailable when it answers %s', async (_, make) => {
    answer = make();
    await expect(refusal()).resolves.toBe('unavailable');
  });

  it('calls Census unavailable when it is down', async () => {
    server.close();
    await once(server, 'close');
    await expect(refusal()).resolves.toBe('unavailable');
  });

  it('answers the next question after a broken one', async () => {
    answer = (request) => request.socket.destroy();
    await refusal();
    answer = (request, response) => json(user42())(request, response);
    await expect(client.userFor(`${url}user/42/`, `${url}user/21/`)).resolves.toEqual(user42());
  });
});
