import 'reflect-metadata';
import { lastValueFrom } from 'rxjs';
import { createSigner, memoryReplay, selfIssuedTokens } from '@countersign/token';
import {
  createTestIssuer,
  exchangeFrames,
  hostileMessages,
  oddMessages,
  testClock,
  until,
  type MessageContext,
} from '@countersign/testing';

import { CountersignTcpClient } from '../src/microservices.js';
import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';
import { serveMessages, type MessageService } from './message-service.js';

const clock = testClock();
const trust = { carrier: 'Bearer', mayAssert: ['users:delete'] } as const;
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const legacy = createTestIssuer({
  kind: 'service-peer',
  name: 'ledger',
  clock,
  trust: { ...trust, legacy: true },
});
const server = createTestIssuer({ clock });
const publicUrl = 'https://census.public.example/';
const tokens = selfIssuedTokens({
  issuer: peer.issuer,
  signer: createSigner({ algorithm: 'ES256', kid: peer.key.kid, privateKey: peer.key.signingKey }),
  clock,
});
const context: MessageContext = {
  peer,
  legacy,
  server,
  audience: CENSUS,
  publicUrl,
  pattern: 'user.bound',
};

describe('bound messages', () => {
  let service: MessageService;
  let client: CountersignTcpClient;

  beforeAll(async () => {
    const trusted = [peer, legacy, server].map((issuer) => issuer.trustEntry());
    const options = { publicUrl, replay: memoryReplay({ clock }), body: { maxBytes: 102_400 } };
    service = await serveMessages(boundModule(trusted, clock, options));
    client = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      token: (message) => tokens.token(message),
    });
  });
  afterAll(async () => {
    client.close();
    await service.app.close();
  });
  beforeEach(() => {
    ran.length = 0;
    service.decisions.length = 0;
  });

  it.each(oddMessages)('let $name in', async ({ make }) => {
    const { messages } = await exchangeFrames(service.port, make(context));
    expect(messages).toEqual([
      { id: 'a', response: { data: { email: 'ada@example.org' } }, isDisposed: true },
    ]);
    expect(ran).toEqual(['bound']);
  });

  it.each(hostileMessages)('refuse $name', async ({ code, make }) => {
    const { messages, isClosed } = await exchangeFrames(service.port, make(context));
    expect(messages).toEqual([
      {
        id: 'a',
        err: {
          status: 'error',
          message: expect.any(String),
          code,
          decision: expect.stringMatching(/^[\w-]{16}$/),
        },
        isDisposed: true,
      },
    ]);
    expect(isClosed).toBe(false);
    expect(ran).toEqual([]);
    const [{ decision } = {}] = service.decisions;
    expect(messages).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ decision }) }),
    ]);
  });

  it('take what the client signs, whatever the data and the pattern', async () => {
    const data = { text: 'é \u2028 \u{1F600}', list: [1, null] };
    expect(await lastValueFrom(client.send('user.bound', data))).toEqual({ data });
    await lastValueFrom(client.send({ cmd: 'body' }, 'text'), { defaultValue: undefined });
    expect(ran).toEqual(['bound', 'body']);
  });

  it('go both ways at once, however much there is of them', async () => {
    const busy = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      maxUnsentBytes: 100_000_000,
      token: (message) => tokens.token(message),
    });
    const data = 'a'.repeat(100_000);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => lastValueFrom(busy.send('user.bound', data))),
    );
    expect(answers.every((answer) => (answer as { data: string }).data === data)).toBe(true);
    busy.close();
  }, 30_000);

  it('use a token up', async () => {
    const jwt = await tokens.token({ audience: CENSUS, body: Buffer.from('1') });
    const other = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      token: () => jwt,
    });
    const send = () => lastValueFrom(other.send({ cmd: 'body' }, 1), { defaultValue: 'let in' });
    expect(await send()).toBe('let in');
    await expect(send()).rejects.toMatchObject({ code: 'TOKEN_REPLAYED' });
    other.close();
  });

  it('reach every handler of an event that lets them in, each by its own rule', async () => {
    const other = new CountersignTcpClient({
      port: service.port,
      audience: CENSUS,
      token: (message) => tokens.token(message),
    });
    await lastValueFrom(other.emit('changed', [1]), { defaultValue: undefined });
    await until(() => ran.length === 2 && service.decisions.length === 1);
    other.close();
    expect(ran.sort()).toEqual(['first [1]', 'second [1]']);
    expect(service.decisions).toEqual([
      expect.objectContaining({ code: 'SCOPE_MISSING', method: 'EVENT', path: 'changed' }),
    ]);
  });
});
