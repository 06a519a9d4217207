import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { DynamicModule, Type } from '@nestjs/common';
import { startApp, type RunningApp } from '@countersign/runtime';
import {
  aToken,
  createTestIssuer,
  sendRequest,
  type AnswerToTest,
  type RequestToSend,
  type TestIssuer,
  type TokenBuilder,
} from '@countersign/testing';

import { AppModule } from '../../src/app.module.js';
import { loadConfig } from '../../src/config.js';

/** Under which URL this Census is known. */
export const census = 'https://census.example/';

/** The URI of a user. */
export const uri = (id: number | string): string => `${census}user/${id}/`;

/** Header fields of a request. */
export type Fields = Record<string, string | string[]>;

/** A running Census with the issuers it trusts. */
export interface RunningCensus {
  readonly authServer: TestIssuer;
  readonly herald: TestIssuer;
  readonly app: RunningApp['app'];
  log(): string;
  send(method: string, path: string, sent?: RequestToSend): Promise<AnswerToTest>;
  close(): Promise<void>;
}

/**
 * Starts Census over a database of its own: PGlite, unless a URL is given; its module as it is, unless
 * something is made of it.
 */
export async function startCensus(
  users: readonly object[],
  databaseUrl?: string,
  under: (module: DynamicModule) => DynamicModule | Type = (module) => module,
): Promise<RunningCensus> {
  const authServer = createTestIssuer();
  const herald = createTestIssuer({ kind: 'service-peer' });
  const directory = await mkdtemp(join(tmpdir(), 'census-'));
  await writeFile(join(directory, 'users.json'), JSON.stringify({ users }));
  const served = [await authServer.serve(), await herald.serve()];
  let log = '';
  const running = await startApp({
    name: 'census',
    config: loadConfig({
      PORT: '0',
      PUBLIC_URL: census,
      DATA_DIR: join(directory, 'data'),
      DATABASE_URL: databaseUrl,
      AUTH_SERVER_URL: authServer.issuer,
      HERALD_URL: herald.issuer,
      USERS_FILE: join(directory, 'users.json'),
      LOG_LEVEL: 'trace',
    }),
    bodies: ['json', 'merge-patch'],
    module: (settings) => under(AppModule.forRoot(settings)),
    log: new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk);
        done();
      },
    }),
  });
  return {
    authServer,
    herald,
    app: running.app,
    log: () => log,
    send: (method, path, sent) => sendRequest(running.url, method, path, sent),
    close: async () => {
      await running.close();
      await Promise.all(served.map((issuer) => issuer.close()));
      await rm(directory, { recursive: true });
    },
  };
}

/** The credential of the authorization server's tokens. */
export const bearer = (token: TokenBuilder): Fields => ({
  authorization: `Bearer ${token.sign()}`,
});

/** The credential of Herald's own tokens. */
export const jwt = (token: TokenBuilder): Fields => ({ jwt: token.sign() });

/** A token of a service of its own right. */
export const asService = (issuer: TestIssuer, ...scopes: string[]): TokenBuilder =>
  aToken()
    .from(issuer)
    .to(census)
    .caller('reporting')
    .scopes(...scopes);

/** A token on behalf of a user. */
export const asUser = (
  issuer: TestIssuer,
  subject: number | string,
  ...scopes: string[]
): TokenBuilder =>
  aToken()
    .from(issuer)
    .to(census)
    .onBehalfOf(uri(subject))
    .scopes(...scopes);
