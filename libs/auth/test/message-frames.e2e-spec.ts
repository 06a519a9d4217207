import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import 'reflect-metadata';
import { lastValueFrom } from 'rxjs';
import {
  aToken,
  createTestIssuer,
  exchangeFrames,
  hostileFrames,
  messageFrame,
  testClock,
  until,
} from '@countersign/testing';

import { CountersignTcpClient } from '../src/microservices.js';
import { CENSUS, censusModule, ran } from './census.module.js';
import { plainClient, request, serveMessages, type MessageService } from './message-service.js';

const clock = testClock();
const issuer = createTestIssuer({ clock });
const jwt = () => aToken().from(issuer).to(CENSUS).sign();
const metadata = () => ({ authorization: `Bearer ${jwt()}` });
const good = () => ({ id: 'a', pattern: 'user.principal', data: {}, metadata: metadata() });
const refused = { id: 'b', pattern: 'user.principal', data: 1 };

/** Connects, and keeps what is not asked for from ending the test. */
async function open(port: number, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('a message server under attack', () => {
  let service: MessageService;

  beforeAll(async () => {
    service = await serveMessages(censusModule([issuer.trustEntry()], clock), undefined, {
      maxMessageLength: 100_000,
      messageTimeout: '1s',
    });
  });
  beforeEach(() => {
    // The log has a budget of lines, and grows no line while the clock stands.
    clock.advance('20s');
    ran.length = 0;
    service.decisions.length = 0;
    service.drops.length = 0;
  });
  afterEach(async () => {
    ran.length = 0;
    await request(plainClient(service.port, metadata()), 'user.principal');
    expect(ran).toEqual(['principal']);
  });
  afterAll(() => service.app.close());

  it.each(hostileFrames)('ends the connection of $name', async ({ bytes }) => {
    const { messages, isClosed } = await exchangeFrames(service.port, bytes);
    expect({ messages, isClosed }).toEqual({ messages: [], isClosed: true });
    expect(ran).toEqual([]);
  });

  it('does not wait for its sender to leave', async () => {
    const accepted = once(service.strategy.unwrap<Server>(), 'connection');
    const socket = await open(service.port, true);
    const [theirs] = (await accepted) as [Socket];
    const closed = new Promise<void>((resolve) => theirs.once('close', () => resolve()));
    socket.write('x#');
    await closed;
    socket.destroy();
  });

  it('answers ten thousand tiny messages that come at once', async () => {
    const bytes = Buffer.concat(Array<Buffer>(10_000).fill(messageFrame(refused)));
    const { messages } = await exchangeFrames(service.port, bytes, 10_000);
    expect(messages).toHaveLength(10_000);
    expect(messages.at(-1)).toMatchObject({ id: 'b', err: { code: 'TOKEN_MISSING' } });
  });

  it('reads a message that comes byte by byte', async () => {
    const socket = await open(service.port);
    socket.setNoDelay(true);
    for (const byte of messageFrame(good()))
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toContain('"response"');
    socket.destroy();
  });

  it('ends the connection of a message that never ends, however often a byte comes', async () => {
    const [silent, dripping] = [await open(service.port), await open(service.port)];
    const half = messageFrame(good()).subarray(0, -100);
    silent.write(half);
    dripping.write(half);
    const drip = setInterval(() => dripping.write(' '), 50);
    await Promise.all([once(silent, 'close'), once(dripping, 'close')]);
    clearInterval(drip);
    expect(ran).toEqual([]);
  });

  it('reads no more from who does not read its answers', async () => {
    const accepted = once(service.strategy.unwrap<Server>(), 'connection');
    const socket = await open(service.port);
    const [theirs] = (await accepted) as [Socket];
    const unknown = messageFrame({ id: 'a'.repeat(128), pattern: 'unknown', data: {} });
    const batch = Buffer.concat(Array<Buffer>(1_000).fill(unknown));
    let sent = 0;
    while (!theirs.isPaused() && sent < 1_000_000) {
      socket.write(batch);
      sent += 1_000;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(theirs.isPaused()).toBe(true);
    // Longer than a message may take: nothing is late that the server itself does not read.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    let answered = 0;
    for await (const chunk of socket.setEncoding('utf8')) {
      // One in each frame, behind its length.
      answered += String(chunk).split('#').length - 1;
      if (answered === sent) break;
    }
    expect(answered).toBe(sent);
  }, 30_000);

  it('says of a flood only now and then that it drops it, and never in its words', async () => {
    const event = messageFrame({ pattern: 'no such\nevent', data: {} });
    const bytes = [...Array<Buffer>(1_000).fill(event), messageFrame(refused)];
    await exchangeFrames(service.port, Buffer.concat(bytes));
    expect(service.drops.map(({ reason, count }) => [reason, count])).toEqual(
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((count) => ['unknown-event', count]),
    );
    expect(JSON.stringify(service.drops)).not.toContain('no such');
  });

  it('drops an event with a bad token: no handler, one line', async () => {
    const event = { pattern: 'user.principal', data: {} };
    const forged = { ...event, metadata: { authorization: 'Bearer forged' } };
    const bytes = [messageFrame(event), messageFrame(forged), messageFrame(refused)];
    await exchangeFrames(service.port, Buffer.concat(bytes));
    await until(() => service.decisions.length === 3);
    expect(ran).toEqual([]);
    const decisions = service.decisions.map(({ method, code }) => `${method} ${code}`);
    expect(decisions.sort()).toEqual([
      'EVENT TOKEN_MALFORMED',
      'EVENT TOKEN_MISSING',
      'REQUEST TOKEN_MISSING',
    ]);
  });
});

describe('a message server with few connections', () => {
  it('closes those over its limit', async () => {
    const module = censusModule([issuer.trustEntry()], clock);
    const service = await serveMessages(module, undefined, { maxConnections: 2 });
    const [one, two] = [await open(service.port), await open(service.port)];
    const three = await open(service.port);
    await once(three, 'close');
    expect(service.drops).toEqual([expect.objectContaining({ reason: 'connection-refused' })]);
    const left = once(one, 'close');
    one.destroy();
    await left;
    two.destroy();
    await service.app.close();
  });

  it.each<[name: string, options: object]>([
    ['port', { port: 65_536 }],
    ['maxConnections', { maxConnections: 0 }],
    ['maxMessageLength', { maxMessageLength: 10_000_001 }],
    ['messageTimeout', { messageTimeout: '11m' }],
    ['maxUnsentBytes', { maxUnsentBytes: 0.5 }],
    ['timeout', { timeout: 1 }],
  ])('refuses a wrong %s', async (name, options) => {
    await expect(serveMessages(class {}, undefined, options)).rejects.toThrow(
      new RegExp(`${name}`),
    );
  });
});

describe('a client of a hostile server', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  /** A server that answers the first message by its id. */
  async function callTo(answer: (id: string, socket: Socket) => void): Promise<unknown> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk: Buffer) => {
        const [, id] = /"id":"([^"]+)"/.exec(String(chunk)) as unknown as [string, string];
        answer(id, socket);
      });
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new CountersignTcpClient({
      port,
      audience: CENSUS,
      token: jwt,
      maxMessageLength: 1_000,
    });
    client.on('error', () => undefined);
    return lastValueFrom(client.send('sum', {})).finally(() => client.close());
  }

  it('ignores answers to what it did not ask, and a second one to what it did', async () => {
    const answered = callTo((id, socket) => {
      const answer = (response: string, other: object) =>
        socket.write(messageFrame({ id, response, isDisposed: true, ...other }));
      answer('of another', { id: `${id}x` });
      answer('of a prototype', { id: '__proto__' });
      answer('of nobody', { id: undefined });
      answer('right', {});
      answer('again', {});
    });
    expect(await answered).toBe('right');
  });

  it('refuses to send more than the server reads, and loses nothing that it sent', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).pause());
    servers.push(server.listen(0, '127.0.0.1'));
    const accepted = once(server, 'connection');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const maxUnsentBytes = 1_000_000;
    const client = new CountersignTcpClient({ port, audience: CENSUS, token: jwt, maxUnsentBytes });
    let failure: unknown;
    const sent: Promise<unknown>[] = [];
    const fail = (error: unknown) => (failure ??= error);
    while (failure === undefined && sent.length < 10_000) {
      sent.push(lastValueFrom(client.send('sum', 'a'.repeat(100_000))).catch(fail));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(failure).toMatchObject({ message: expect.stringContaining('waits to be sent') });
    const [socket] = (await accepted) as [Socket];
    expect(socket.destroyed).toBe(false);
    client.close();
    socket.destroy();
    await Promise.all(sent);
  }, 30_000);

  it.each([
    ['announces too much', '1073741824#{'],
    ['breaks the framing', 'x#{}'],
    ['answers no JSON', '2#{]'],
  ])('fails where the server %s', async (_, bytes) => {
    await expect(callTo((_id, socket) => socket.write(bytes))).rejects.toThrow('Connection closed');
  });
});
