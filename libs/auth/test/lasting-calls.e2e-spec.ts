import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import { ServerCredentials, credentials, status } from '@grpc/grpc-js';
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, GrpcStreamMethod } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { NEVER, type Observable } from 'rxjs';
import {
  certificateThumbprint,
  dpopProofs,
  generateSigningKey,
  memoryReplay,
} from '@countersign/token';
import {
  aToken,
  createTestCertificate,
  createTestIssuer,
  testClock,
  testRevocationFeed,
  until,
} from '@countersign/testing';

import {
  Audience,
  Authenticated,
  CountersignModule,
  SenderConstrained,
  type CountersignOptions,
} from '../src/index.js';
import { CountersignWsAdapter } from '../src/websockets.js';
import { keepLines } from './adapters.js';
import { CENSUS } from './census.module.js';
import { call, plainClient, serveGrpc, type GrpcOutcome } from './grpc-service.js';

const publicUrl = 'https://census.example/';

@Controller()
@Audience('census')
@Authenticated()
class Users {
  @GrpcMethod('Users', 'Find')
  find() {
    return { id: '42' };
  }

  @GrpcStreamMethod('Users', 'Watch')
  watch(): Observable<never> {
    return NEVER;
  }
}

@WebSocketGateway({ path: '/users' })
@Audience('census')
@Authenticated()
class UserGateway {
  @SubscribeMessage('who')
  who() {
    return { event: 'who', data: 'you' };
  }

  @SubscribeMessage('bound')
  @SenderConstrained()
  bound() {
    return { event: 'bound', data: 'you' };
  }
}

function appModule(options: Partial<CountersignOptions>): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [],
        publicUrl,
        replay: memoryReplay(),
        ...options,
      }),
    ],
    controllers: [Users],
    providers: [UserGateway],
  })
  class AppModule {}
  return AppModule;
}

async function serveWs(options: Partial<CountersignOptions>) {
  const { logger, lines } = keepLines();
  const app = await NestFactory.create(appModule(options), new FastifyAdapter(), {
    logger,
    abortOnError: false,
  });
  const adapter = new CountersignWsAdapter(app, new WsAdapter(app), { recheck: '20ms' });
  app.useWebSocketAdapter(adapter);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, ...lines, url: `ws://127.0.0.1:${port}/users` };
}

/** Connects, and answers what comes; or the code of the refusal. */
function connect(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(url, { headers });
  const received: { event: string; data: unknown }[] = [];
  socket.on('message', (data) => received.push(JSON.parse(String(data)) as never));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const opened = new Promise<string>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve((JSON.parse(body) as { code: string }).code));
    });
  });
  const ask = async (event: string) => {
    const before = received.length;
    socket.send(JSON.stringify({ event }));
    await until(() => received.length > before);
    return received[before];
  };
  return { socket, received, closed, opened, ask };
}

describe('a revoked token', () => {
  it('ends the connections and the streams that it began', async () => {
    const clock = testClock();
    const issuer = createTestIssuer({ clock });
    const feed = testRevocationFeed(issuer);
    const served = await issuer.serve({ feed });
    const trust = [issuer.servedTrustEntry({ revocation: { onStale: 'refuse' } })];
    const options = { clock, trust, replay: memoryReplay({ clock }) };
    const sockets = await serveWs(options);
    const grpc = await serveGrpc(grpcOnly(options), undefined, { recheck: '20ms' });
    const token = () => aToken().from(issuer).to(CENSUS).claim('jti', 'revoked');
    const authorization = `Bearer ${token().sign()}`;
    const other = `Bearer ${aToken().from(issuer).to(CENSUS).sign()}`;
    const client = plainClient(grpc.port);
    await until(async () => {
      const first = connect(sockets.url, { authorization: other });
      const state = await first.opened;
      first.socket.on('error', () => undefined).close();
      const { answers } = await call(client, 'Find', { authorization: other });
      return state === 'open' && answers.length === 1;
    });
    grpc.decisions.length = 0;
    const [socket, untouched] = [
      connect(sockets.url, { authorization }),
      connect(sockets.url, { authorization: other }),
    ];
    expect([await socket.opened, await untouched.opened]).toEqual(['open', 'open']);
    const stream = call(client, 'Watch', { authorization });
    await until(() => grpc.decisions.length === 1);

    feed.revoke({ kind: 'token', jti: 'revoked', exp: Math.floor(clock.now()) + 300 });
    expect(await socket.closed).toBe(4401);
    expect(socket.received).toEqual([
      { event: 'exception', data: expect.objectContaining({ code: 'TOKEN_REVOKED' }) },
    ]);
    expect(await stream).toMatchObject({ status: status.UNAUTHENTICATED, code: 'TOKEN_REVOKED' });
    expect(await untouched.ask('who')).toEqual({ event: 'who', data: 'you' });
    untouched.socket.close();
    client.close();
    await sockets.app.close();
    await grpc.app.close();
    await served.close();
  }, 30_000);
});

function grpcOnly(options: Partial<CountersignOptions>): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [],
        decisions: 'all',
        ...options,
      }),
    ],
    controllers: [Users],
  })
  class GrpcModule {}
  return GrpcModule;
}

describe('a token bound to a key', () => {
  const issuer = createTestIssuer();

  it('connects a WebSocket with one proof, and is good for all its messages', async () => {
    const { app, url } = await serveWs({ trust: [issuer.trustEntry()] });
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const accessToken = aToken().from(issuer).to(CENSUS).claim('cnf', { jkt: proofs.jkt }).sign();
    const dpop = await proofs.proof({ method: 'GET', url: `${publicUrl}users`, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop };
    const one = connect(url, headers);
    expect(await one.opened).toBe('open');
    expect(await one.ask('bound')).toEqual({ event: 'bound', data: 'you' });
    expect(await one.ask('who')).toEqual({ event: 'who', data: 'you' });
    expect(await connect(url, headers).opened).toBe('PROOF_REPLAYED');
    expect(await connect(url, { authorization: headers.authorization }).opened).toBe(
      'PROOF_MISSING',
    );
    expect(await connect(url, { authorization: `Bearer ${accessToken}` }).opened).toBe(
      'PROOF_MISSING',
    );
    const offered = new WebSocket(url, ['countersign', `countersign.bearer.${accessToken}`]);
    await new Promise((resolve) => offered.on('error', resolve));
    const unbound = connect(url, {
      authorization: `Bearer ${aToken().from(issuer).to(CENSUS).sign()}`,
    });
    await unbound.opened;
    expect(await unbound.ask('bound')).toMatchObject({ data: { code: 'SENDER_UNCONSTRAINED' } });
    for (const { socket } of [one, unbound]) socket.close();
    await app.close();
  });

  it('is refused over gRPC, which has no way for proofs', async () => {
    const { app, port } = await serveGrpc(grpcOnly({ trust: [issuer.trustEntry()], publicUrl }));
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const accessToken = aToken().from(issuer).to(CENSUS).claim('cnf', { jkt: proofs.jkt }).sign();
    const url = `${publicUrl}census.Users/Find`;
    const dpop = await proofs.proof({ method: 'POST', url, accessToken });
    const client = plainClient(port);
    for (const scheme of ['DPoP', 'Bearer'])
      expect(
        await call(client, 'Find', { authorization: `${scheme} ${accessToken}`, dpop }),
      ).toMatchObject({ code: 'PROOF_MISSING' });
    client.close();
    await app.close();
  });
});

describe('a token bound to a certificate', () => {
  const issuer = createTestIssuer();
  const ours = createTestCertificate();
  const mine = createTestCertificate('herald.example');
  const theirs = createTestCertificate('other.example');
  const thumbprint = certificateThumbprint(new X509Certificate(mine.cert).raw);
  const token = () => aToken().from(issuer).to(CENSUS).claim('cnf', { 'x5t#S256': thumbprint });

  it('is let in over gRPC with it, and with no other', async () => {
    const pair = { private_key: Buffer.from(ours.key), cert_chain: Buffer.from(ours.cert) };
    const roots = Buffer.from([mine.cert, theirs.cert].join('\n'));
    const secure = ServerCredentials.createSsl(roots, [pair], true);
    const module = grpcOnly({ trust: [issuer.trustEntry()] });
    const { app, port } = await serveGrpc(module, undefined, { credentials: secure });
    const outcome = async (shown: typeof mine): Promise<GrpcOutcome> => {
      const root = Buffer.from(ours.cert);
      const own = [Buffer.from(shown.key), Buffer.from(shown.cert)] as const;
      const client = plainClient(
        port,
        credentials.createSsl(root, ...own, { checkServerIdentity: () => undefined }),
      );
      const answer = await call(client, 'Find', { authorization: `Bearer ${token().sign()}` });
      client.close();
      return answer;
    };
    expect((await outcome(mine)).answers).toHaveLength(1);
    expect(await outcome(theirs)).toMatchObject({ code: 'SENDER_MISMATCH' });
    await app.close();
    const plain = await serveGrpc(grpcOnly({ trust: [issuer.trustEntry()] }));
    const client = plainClient(plain.port);
    expect(await call(client, 'Find', { authorization: `Bearer ${token().sign()}` })).toMatchObject(
      { code: 'PROOF_MISSING' },
    );
    client.close();
    await plain.app.close();
  });
});
