import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import { createSigner, selfIssuedTokens } from '@countersign/token';
import { createTestKey, until } from '@countersign/testing';

import type { CountersignTcpClient } from '../../src/microservices.js';
import { appModule, callerModule, changes, serve } from './message-transports.js';

const root = join(import.meta.dirname, '../../../..');
const withoutSpace = (text: string) => text.replace(/\s+/g, '');

describe('the guide of message transports', () => {
  it('shows only what is compiled and run here', () => {
    const guide = readFileSync(join(root, 'docs/guides/message-transports.md'), 'utf8');
    const run = ['', '-grpc', '-web-sockets']
      .map((part) => join(import.meta.dirname, `message-transports${part}.ts`))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block as string);
    expect(blocks.length).toBeGreaterThan(8);
    for (const block of blocks) expect(withoutSpace(run)).toContain(withoutSpace(block));
  });

  it('shows what works', async () => {
    Logger.overrideLogger(false);
    const key = createTestKey('ES256', 'herald-1');
    const { app, server } = await serve(appModule([key.jwk]), 0, 0);
    const { port } = server.unwrap<Server>().address() as AddressInfo;
    const signer = createSigner({ algorithm: 'ES256', kid: key.kid, privateKey: key.signingKey });
    const tokens = selfIssuedTokens({ issuer: 'https://herald.example/', signer });
    const caller = await NestFactory.createApplicationContext(callerModule(tokens, port));
    const census = caller.get<CountersignTcpClient>('CENSUS');
    expect(await lastValueFrom(census.send('user.find', { id: '42' }))).toEqual({
      id: '42',
      shownTo: 'herald',
    });
    census.emit('user.changed', { id: '42' });
    await until(() => changes.length === 1);
    expect(changes).toEqual(['42']);
    await caller.close();
    await app.close();
  });
});
