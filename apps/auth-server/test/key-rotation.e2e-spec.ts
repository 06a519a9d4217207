import { setTimeout as pause } from 'node:timers/promises';

import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { Audience, CountersignModule, Scopes } from '@countersign/auth';
import {
  baseConfig,
  KeyRing,
  listenOn,
  readConfig,
  startApp,
  type RunningApp,
} from '@countersign/runtime';
import { until } from '@countersign/testing';
import { authorizationServer } from '@countersign/token';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { herald, issuer, secrets, startAuthServer, type TestServer } from './start-auth-server.js';

/** Seconds: what takes days in earnest. Receivers keep to the same. */
const times = { life: 2, maxAge: 1, coolDown: 0.2 };

@Controller('thing')
@Audience('herald')
@Scopes('notifications:send')
class ThingController {
  @Get()
  thing(): object {
    return { done: true };
  }
}

@Module({})
class ThingModule {
  static trusting(jwksUri: string) {
    return {
      module: ThingModule,
      controllers: [ThingController],
      imports: [
        CountersignModule.forRoot({
          service: 'herald',
          audiences: { herald },
          trust: [authorizationServer(issuer, { jwksUri })],
          keys: { maxAge: `${times.maxAge}s`, coolDown: `${times.coolDown * 1000}ms` },
        }),
      ],
    };
  }
}

interface Issued {
  readonly token: string;
  readonly kid: string;
  /** Milliseconds. */
  readonly expiresAt: number;
}

describe('keys that rotate under load', () => {
  let server: TestServer;
  let guarded: RunningApp;
  let ring: KeyRing;

  beforeAll(async () => {
    server = await startAuthServer(undefined, undefined, {
      ACCESS_TOKEN_LIFETIME: String(times.life),
      TOKEN_LIFETIME_MAX: String(times.life),
      KEY_SET_MAX_AGE: String(times.maxAge),
      KEY_COOL_DOWN: String(times.coolDown),
      KEY_LAG: '0.2',
      KEY_TOLERANCE: '1',
      KEY_ROTATION_EVERY: '1.4',
    });
    ring = server.running.app.get(KeyRing);
    guarded = await startApp({
      name: 'herald',
      config: readConfig(baseConfig.extend(listenOn(0)), {}),
      module: () => ThingModule.trusting(`${server.running.url}.well-known/jwks.json`),
      log: { write: () => undefined },
    });
  }, 60_000);
  afterAll(async () => {
    await guarded?.close();
    await server?.stop();
  });

  const issue = async (): Promise<Issued> => {
    const answer = await fetch(`${server.running.url}oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: herald }),
      headers: { authorization: `Basic ${Buffer.from(`web:${secrets.web}`).toString('base64')}` },
    });
    const body = (await answer.json()) as { access_token: string };
    if (answer.status !== 200) throw new Error(`refused a token: ${JSON.stringify(body)}`);
    const { exp } = decodeJwt(body.access_token);
    const { kid } = decodeProtectedHeader(body.access_token);
    return { token: body.access_token, kid: String(kid), expiresAt: Number(exp) * 1000 };
  };
  const call = async ({ token }: Issued): Promise<string | undefined> => {
    const answer = await fetch(`${guarded.url}thing`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const body = (await answer.json()) as { code?: string };
    return answer.status === 200 ? undefined : `${answer.status} ${body.code}`;
  };
  const published = async () => {
    const answer = await fetch(`${server.running.url}.well-known/jwks.json`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };

  /** Asks for tokens and uses each of them, at once and shortly before it expires. */
  const load = () => {
    const refusals: { kid: string; refusal: string }[] = [];
    const kids = new Set<string>();
    let isOver = false;
    let calls = 0;
    const use = async (issued: Issued) => {
      const refusal = await call(issued);
      calls += 1;
      if (refusal) refusals.push({ kid: issued.kid, refusal });
    };
    const worker = async () => {
      const late: Promise<void>[] = [];
      while (!isOver) {
        const issued = await issue();
        kids.add(issued.kid);
        await use(issued);
        late.push(pause(issued.expiresAt - Date.now() - 150).then(() => use(issued)));
        // Some air for the rest of the machine: it is not speed that is tested.
        await pause(10);
      }
      await Promise.all(late);
    };
    const workers = Array.from({ length: 3 }, worker);
    const stop = async () => {
      isOver = true;
      await Promise.all(workers);
      return { refusals, calls, kids };
    };
    return { kids, stop };
  };

  it('refuse no valid request', async () => {
    const { kids, stop } = load();
    await until(() => kids.size > 10);
    const { refusals, calls } = await stop();
    expect(refusals).toEqual([]);
    expect(calls).toBeGreaterThan(200);
    expect((await published()).length).toBeLessThan(8);
  }, 60_000);

  it('refuse what a compromised key signed, and nothing else', async () => {
    const { kids, stop } = load();
    const stolen = await issue();
    const told: string[] = [];
    await ring.emergency(stolen.kid, async (_tx, kid) => void told.push(kid));

    expect(told).toEqual([stolen.kid]);
    expect(await published()).not.toContain(stolen.kid);
    const next = await issue();
    expect(next.kid).not.toBe(stolen.kid);
    expect(await call(next)).toBeUndefined();
    // This guard follows no feed: it learns of it when its set has grown old.
    await until(async () => (await call(stolen)) !== undefined);
    expect(await call(stolen)).toBe('401 KEY_UNKNOWN');

    const { size } = kids;
    await until(() => kids.size > size);
    const { refusals } = await stop();
    expect(refusals.filter(({ kid }) => kid !== stolen.kid)).toEqual([]);
  }, 60_000);
});
