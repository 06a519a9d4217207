import { createHash, X509Certificate } from 'node:crypto';

import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { NestFactory } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import {
  aToken,
  createTestCertificate,
  createTestIssuer,
  testClock,
  until,
  type TestCertificate,
} from '@countersign/testing';

import { Audience, Authenticated, CountersignModule, SenderConstrained } from '../src/index.js';
import {
  CountersignTcpClient,
  type CountersignTcpClientOptions,
  type OutgoingMessage,
} from '../src/microservices.js';
import { CENSUS } from './census.module.js';
import { serveMessages, type MessageService } from './message-service.js';

const clock = testClock();
const issuer = createTestIssuer({ clock });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust: { carrier: 'JWT' } });
const ran: string[] = [];

@Controller()
@Audience('census')
class Users {
  @MessagePattern('held')
  @Authenticated()
  @SenderConstrained()
  held() {
    ran.push('held');
    return 'held';
  }

  @MessagePattern({ cmd: 'any', version: 1 })
  @Authenticated()
  any() {
    ran.push('any');
    return 'any';
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [issuer.trustEntry(), peer.trustEntry()],
      clock,
    }),
  ],
  controllers: [Users],
})
class UsersModule {}

const token = () => aToken().from(issuer).to(CENSUS);

describe('CountersignTcpClient', () => {
  let service: MessageService;
  const clients: CountersignTcpClient[] = [];

  beforeAll(async () => {
    service = await serveMessages(UsersModule);
  });
  afterAll(() => service.app.close());
  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));

  const open = (options: Partial<CountersignTcpClientOptions> = {}) => {
    const client = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      token: () => token().sign(),
      ...options,
    });
    clients.push(client);
    return client;
  };
  const send = (client: CountersignTcpClient, pattern: unknown = { version: 1, cmd: 'any' }) =>
    lastValueFrom(client.send<string>(pattern, { a: 1 }));

  it('asks for a token for each message, and says what for', async () => {
    const asked: OutgoingMessage[] = [];
    const client = open({
      token: async (message) => {
        asked.push(message);
        return token().sign();
      },
    });
    expect([await send(client), await send(client)]).toEqual(['any', 'any']);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      audience: CENSUS,
      pattern: '{"cmd":"any","version":1}',
      body: Buffer.from('{"a":1}'),
      request: {
        method: 'REQUEST',
        url: `${CENSUS}%7B%22cmd%22%3A%22any%22%2C%22version%22%3A1%7D`,
      },
    });
  });

  it('puts the token where its issuer wants it', async () => {
    const jwt = () => aToken().from(peer).to(CENSUS).sign();
    expect(await send(open({ token: jwt, carrier: 'JWT' }))).toBe('any');
    await expect(send(open({ token: jwt }))).rejects.toMatchObject({ code: 'CARRIER_MISMATCH' });
  });

  it('sends nothing without a token', async () => {
    const failing = open({ token: () => Promise.reject(new Error('no token')) });
    await expect(send(failing)).rejects.toThrow('no token');
    const throwing = open({
      token: () => {
        throw new Error('no token');
      },
    });
    await expect(send(throwing)).rejects.toThrow('no token');
    await expect(lastValueFrom(throwing.emit('held', 1))).rejects.toThrow('no token');
    await expect(lastValueFrom(open().send('held', () => 1))).rejects.toThrow('be a JSON value');
    expect(ran).toEqual([]);
  });

  it.each([
    ['too deep', JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown],
    ['with a prototype', JSON.parse('{"__proto__":1}') as unknown],
  ])('does not send data %s: the receiver would end the connection', async (_name, data) => {
    const client = open();
    const answers = await Promise.allSettled([
      lastValueFrom(client.send({ version: 1, cmd: 'any' }, data)),
      send(client),
    ]);
    expect(answers).toEqual([
      { status: 'rejected', reason: expect.any(SyntaxError) },
      { status: 'fulfilled', value: 'any' },
    ]);
  });

  it('does not send what nobody waits for any more', async () => {
    let answer: ((jwt: string) => void) | undefined;
    const client = open({ token: () => new Promise((resolve) => (answer = resolve)) });
    const call = client.send({ cmd: 'any', version: 1 }, {}).subscribe();
    await until(() => answer !== undefined);
    call.unsubscribe();
    answer?.(token().sign());
    const other = open();
    expect(await send(other)).toBe('any');
    expect(ran).toEqual(['any']);
  });

  it('connects again after its connection was lost, also while a token was made', async () => {
    const lost = async (client: CountersignTcpClient) => {
      const closed = new Promise<void>((resolve) => client.on('close', () => resolve()));
      client.unwrap<{ destroy(): void }>().destroy();
      await closed;
    };
    const losing = open({ token: () => lost(losing).then(() => token().sign()) });
    expect(await send(losing)).toBe('any');
    const steady = open();
    expect(await send(steady)).toBe('any');
    await lost(steady);
    expect(await send(steady)).toBe('any');
  });

  it('closes with the application that provides it', async () => {
    @Module({ providers: [{ provide: 'CENSUS', useFactory: () => open() }] })
    class CallerModule {}
    const context = await NestFactory.createApplicationContext(CallerModule, { logger: false });
    const client = context.get<CountersignTcpClient>('CENSUS');
    expect(await send(client)).toBe('any');
    const closed = new Promise<void>((resolve) => client.on('close', () => resolve()));
    await context.close();
    await closed;
  });

  it.each([
    ['audience', { audience: 'census' }],
    ['token', { token: undefined }],
    ['carier', { carier: 'JWT' }],
  ])('refuses a wrong %s', (name, options) => {
    expect(() => open(options as object)).toThrow(new RegExp(name));
  });
});

describe('messages over TLS', () => {
  const certificate = createTestCertificate();
  const [mine, another] = [createTestCertificate('herald'), createTestCertificate('herald')];
  let service: MessageService;

  beforeAll(async () => {
    const tlsOptions = { ...certificate, requestCert: true, rejectUnauthorized: false };
    service = await serveMessages(UsersModule, undefined, { tlsOptions });
  });
  afterAll(() => service.app.close());

  const thumbprint = ({ cert }: TestCertificate) =>
    createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');

  async function call(pattern: unknown, jwt: string, own?: TestCertificate): Promise<unknown> {
    const client = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      token: () => jwt,
      tlsOptions: { ca: certificate.cert, ...(own && { cert: own.cert, key: own.key }) },
    });
    try {
      return await lastValueFrom(client.send(pattern, {}));
    } catch (error) {
      return (error as { code?: string }).code;
    } finally {
      client.close();
    }
  }

  it('let a token in with the certificate that it is bound to, and with no other', async () => {
    const bound = token()
      .claim('cnf', { 'x5t#S256': thumbprint(mine) })
      .sign();
    expect(await call('held', bound, mine)).toBe('held');
    expect(await call('held', bound, another)).toBe('SENDER_MISMATCH');
    expect(await call('held', bound)).toBe('PROOF_MISSING');
    expect(await call({ cmd: 'any', version: 1 }, bound, another)).toBe('SENDER_MISMATCH');
  });

  it('hold a handler to tokens that are bound', async () => {
    expect(await call('held', token().sign(), mine)).toBe('SENDER_UNCONSTRAINED');
    expect(await call({ cmd: 'any', version: 1 }, token().sign())).toBe('any');
  });
});
