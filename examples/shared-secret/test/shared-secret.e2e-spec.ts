import { spawn, type ChildProcess } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import { generateSigningKey, memoryReplay, servicePeer } from '@countersign/token';
import {
  compactJwt,
  createTestKey,
  freePort,
  sendBytes,
  until,
  type TestKey,
} from '@countersign/testing';

import { ClientModule } from '../src/client/client.module.js';
import { SecretMessageController } from '../src/server/secret-message.controller.js';
import { ServerModule } from '../src/server/server.module.js';
import { portOf, readSettings, type Settings } from '../src/settings.js';
import { readSigningKey } from '../src/signing-key.js';
import { start as startProgram } from '../src/start.js';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Starts a program that says nothing of the refusals that are tried here. */
const start = (module: DynamicModule, port: number) => startProgram(module, port, ['fatal']);

/** HS256 with these bytes, whatever they are. */
function keyOf(bytes: Buffer): TestKey {
  return { ...createTestKey('HS256'), signingKey: createSecretKey(bytes) };
}

async function ask(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  const json = (await response.json()) as { code?: string; message?: string };
  return { status: response.status, json, cacheControl: response.headers.get('cache-control') };
}

describe('two programs that share a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-secret-'));
  let settings: Settings;
  let server: INestApplication;
  let client: INestApplication;
  let secret: TestKey;

  beforeAll(async () => {
    const signingKeyFile = join(folder, 'my-signing-key');
    writeFileSync(signingKeyFile, randomBytes(32).toString('base64url'));
    settings = {
      serverUrl: `http://localhost:${await freePort()}/`,
      clientUrl: `http://localhost:${await freePort()}/`,
      signingKeyFile,
    };
    secret = keyOf(readSigningKey(signingKeyFile));
    server = await start(ServerModule.forRoot(settings), portOf(settings.serverUrl));
    client = await start(ClientModule.forRoot(settings), portOf(settings.clientUrl));
  });

  afterAll(async () => {
    await client?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** What the client would sign, with these members changed, or left out where `undefined`. */
  const claims = (changes: Record<string, unknown> = {}): object => {
    const now = Math.floor(Date.now() / 1000);
    const { clientUrl: iss, serverUrl: aud } = settings;
    const jti = randomBytes(12).toString('hex');
    return { iss, sub: iss, aud, iat: now, exp: now + 60, jti, ...changes };
  };
  const header = (changes: Record<string, string> = {}) => ({
    alg: 'HS256',
    typ: 'service+jwt',
    ...changes,
  });
  const attack = (token: string) => ask(settings.serverUrl, { token });

  it('the client asks the server, and passes its message on', async () => {
    const answer = await ask(settings.clientUrl);
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'The heron lands at midnight.' },
      cacheControl: 'no-store',
    });
  });

  it('a token made as the client makes it opens the server once, and not again', async () => {
    const token = compactJwt(header(), claims(), secret);
    expect(await attack(token)).toMatchObject({ status: 200, cacheControl: 'no-store' });
    expect(await attack(token)).toMatchObject({ status: 401, json: { code: 'TOKEN_REPLAYED' } });
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, Record<string, string>, Record<string, unknown>, string]>([
    ['no exp', {}, { exp: undefined }, 'CLAIM_INVALID'],
    ['an exp that has passed', {}, { iat: now - 3600, exp: now - 3540 }, 'TOKEN_EXPIRED'],
    ['an exp in a year', {}, { exp: now + 31_536_000 }, 'LIFETIME_TOO_LONG'],
    ['no aud', {}, { aud: undefined }, 'CLAIM_INVALID'],
    ['the aud of another server', {}, { aud: 'http://localhost:9999/' }, 'AUDIENCE_MISMATCH'],
    ['no iss', {}, { iss: undefined }, 'CLAIM_INVALID'],
    ['an iss nobody trusts', {}, { iss: 'https://stranger.example/' }, 'ISSUER_UNTRUSTED'],
    ['no jti, so that it could be used again', {}, { jti: undefined }, 'CLAIM_INVALID'],
    ['the subject of a user', {}, { sub: 'https://census.example/user/42/' }, 'SUBJECT_FORBIDDEN'],
    ['another type of token', { typ: 'JWT' }, {}, 'TYPE_MISMATCH'],
    ['HS512 instead of HS256', { alg: 'HS512' }, {}, 'ALGORITHM_FORBIDDEN'],
    ['the algorithm of a public key', { alg: 'RS256' }, {}, 'ALGORITHM_FORBIDDEN'],
  ])('the server refuses a signed token with %s', async (_, head, changes, code) => {
    const full = header(head);
    const key = full.alg === 'HS512' ? { ...secret, algorithm: 'HS512' as const } : secret;
    const token = compactJwt(full, claims(changes), key);
    const status = code === 'SUBJECT_FORBIDDEN' ? 403 : 401;
    expect(await attack(token)).toMatchObject({ status, json: { code } });
  });

  it.each([
    ['alg none and no signature', () => compactJwt(header({ alg: 'none' }), claims())],
    ['no signature', () => compactJwt(header(), claims())],
    [
      'a key that somebody guessed',
      () => compactJwt(header(), claims(), keyOf(Buffer.from('mySigningKey'))),
    ],
    [
      'a changed payload',
      () => {
        const good = `${compactJwt(header(), claims(), secret)}`.split('.');
        const other = compactJwt(header(), claims()).split('.');
        return `${good[0]}.${other[1]}.${good[2]}`;
      },
    ],
  ])('the server refuses a token with %s', async (_, make) => {
    expect((await attack(make())).status).toBe(401);
  });

  it('the server refuses no token, a token in another header, and two', async () => {
    const token = () => compactJwt(header(), claims(), secret);
    const { serverUrl } = settings;
    const missing = { status: 401, json: { code: 'TOKEN_MISSING' } };
    expect(await ask(serverUrl)).toMatchObject(missing);
    expect(await ask(serverUrl, { authorization: `Bearer ${token()}` })).toMatchObject(missing);
    const get = `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const two = Buffer.from(`${get}Token: ${token()}\r\nToken: ${token()}\r\n\r\n`);
    const answer = await sendBytes(`http://127.0.0.1:${portOf(serverUrl)}`, two);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      400,
      expect.objectContaining({ code: 'CREDENTIALS_AMBIGUOUS' }),
    ]);
  });

  it('whoever reads the secret from the server can pose as the client: both sides can forge', async () => {
    const stolen = keyOf(readSigningKey(settings.signingKeyFile));
    expect((await attack(compactJwt(header(), claims(), stolen))).status).toBe(200);
  });

  it('but not where the client has a key of its own: the server knows only its public half', async () => {
    const { clientUrl, serverUrl } = settings;
    const { publicJwk } = await generateSigningKey('ES256');
    const trust = [
      servicePeer('client', { issuer: clientUrl, jwks: [publicJwk], carrier: 'Token' }),
    ];
    const asymmetric = await start(
      {
        module: class {},
        controllers: [SecretMessageController],
        imports: [
          CountersignModule.forRoot({
            service: 'server',
            audiences: { server: serverUrl },
            trust,
            replay: memoryReplay(),
          }),
        ],
      },
      0,
    );
    // All that a thief finds at this server, taken for a secret.
    const loot = keyOf(Buffer.from(JSON.stringify(publicJwk)));
    const forged = compactJwt(header({ kid: publicJwk.kid }), claims(), loot);
    try {
      expect(await ask(await asymmetric.getUrl(), { token: forged })).toMatchObject({
        status: 401,
        json: { code: 'ALGORITHM_FORBIDDEN' },
      });
    } finally {
      await asymmetric.close();
    }
  });

  it('the client gives its token to nobody a redirect names', async () => {
    const heard: (string | undefined)[] = [];
    const thief = createServer((request, response) => {
      heard.push(request.headers['token'] as string | undefined);
      response.end('{"message":"thanks"}');
    });
    const thiefPort = await listen(thief);
    const redirecting = createServer((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${thiefPort}/` }).end();
    });
    const serverUrl = `http://localhost:${await listen(redirecting)}/`;
    const clientUrl = `http://localhost:${await freePort()}/`;
    const sent = ClientModule.forRoot({ ...settings, clientUrl, serverUrl });
    const misled = await start(sent, portOf(clientUrl));
    try {
      expect((await ask(clientUrl)).status).toBe(502);
      expect(heard).toEqual([]);
    } finally {
      await misled.close();
      thief.close();
      redirecting.close();
    }
  });

  it('the client says nothing of why it failed', async () => {
    const other: Settings = { ...settings, clientUrl: `http://localhost:${await freePort()}/` };
    const stranger = await start(ClientModule.forRoot(other), portOf(other.clientUrl));
    try {
      const answer = await ask(other.clientUrl);
      expect(answer.status).toBe(502);
      expect(answer.json.message).toBe('The server did not tell its message');
    } finally {
      await stranger.close();
    }
  });

  it.each(['http://server.example:9000/', 'http://10.0.0.7:9000/', 'ftp://localhost/'])(
    'neither program starts with tokens travelling to %s',
    (url) => {
      expect(() => readSettings({ SERVER_URL: url })).toThrow(TypeError);
    },
  );

  it.each([
    ['a phrase', 'captain of my own soul and ship'],
    ['too few bits', randomBytes(16).toString('base64url')],
    ['nothing', ''],
  ])('neither program starts with %s for a secret', (_, text) => {
    const signingKeyFile = join(folder, 'weak');
    writeFileSync(signingKeyFile, text);
    const weak: Settings = { ...settings, signingKeyFile };
    expect(() => ServerModule.forRoot(weak)).toThrow('does not hold 32 random bytes');
    expect(() => ClientModule.forRoot(weak)).toThrow('does not hold 32 random bytes');
  });
});

describe('the two programs as they are started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-secret-'));
  const running: ChildProcess[] = [];
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] };
  const run = (program: string): ChildProcess =>
    spawn(process.execPath, [join(__dirname, '../dist', program)], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });

  afterAll(async () => {
    for (const child of running) {
      const ended = once(child, 'exit');
      if (child.kill('SIGTERM')) await ended;
    }
    rmSync(folder, { recursive: true });
  });

  it('make a secret, once, agree on it, and refuse to start with a weak one', async () => {
    env['MY_SIGNING_KEY_FILE'] = join(folder, 'private', 'my-signing-key');
    env['SERVER_URL'] = `http://localhost:${await freePort()}/`;
    env['CLIENT_URL'] = `http://localhost:${await freePort()}/`;
    for (let times = 0; times < 2; times += 1)
      expect(await once(run('make-secret.js'), 'exit')).toEqual([0, null]);
    expect(statSync(env['MY_SIGNING_KEY_FILE']).mode & 0o777).toBe(0o600);
    running.push(run('server/main.js'), run('client/main.js'));
    running.forEach(({ stderr }) => stderr?.resume());
    expect(await untilAnswered(env['CLIENT_URL'])).toMatchObject({
      status: 200,
      json: { message: 'The heron lands at midnight.' },
    });
    writeFileSync(env['MY_SIGNING_KEY_FILE'], 'mySigningKey');
    for (const program of ['server/main.js', 'client/main.js'])
      expect(await lastWordsOf(run(program))).toContain('does not hold 32 random bytes');
  }, 30_000);

  async function lastWordsOf({ stderr }: ChildProcess): Promise<string> {
    let words = '';
    for await (const part of stderr ?? []) words += String(part);
    return words;
  }

  /** Asks until the programs have started: at first nobody listens, then the server may be missing. */
  async function untilAnswered(url: string): Promise<unknown> {
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    await until(async () => {
      answer = await ask(url).catch(() => undefined);
      return answer?.status === 200;
    });
    return answer;
  }
});
