import 'reflect-metadata';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import passport from 'passport';
import { aToken, createTestIssuer } from '@countersign/testing';
import { systemClock } from '@countersign/token';

import { JwksStrategy } from '../src/index.js';
import { run, type Running } from './adapters.js';
import { CENSUS, censusModule } from './census.module.js';

const subjects = [`${CENSUS}user/`];
const one = createTestIssuer({ name: 'one', trust: { subjects } });
const other = createTestIssuer({ name: 'other', trust: { subjects } });

describe('two applications in one process', () => {
  let first: Running;
  let second: Running;

  beforeAll(async () => {
    first = await run(censusModule([one.trustEntry()], systemClock), new FastifyAdapter());
    second = await run(censusModule([other.trustEntry()], systemClock), new FastifyAdapter());
  });
  afterAll(() => Promise.all([first.app.close(), second.app.close()]));

  const status = async (running: Running, issuer: typeof one) => {
    const authorization = `Bearer ${aToken().from(issuer).to(CENSUS).sign()}`;
    const response = await fetch(`${running.url}/user/principal`, { headers: { authorization } });
    return response.status;
  };

  it('do not answer for each other', async () => {
    expect(await status(first, one)).toBe(200);
    expect(await status(second, other)).toBe(200);
    expect(await status(first, other)).toBe(401);
    expect(await status(second, one)).toBe(401);
  });

  const strategyOf = ({ app }: Running) => app.get(JwksStrategy, { strict: false });

  const authenticate = (running: Running, issuer: typeof one) => {
    const authorization = `Bearer ${aToken().from(issuer).to(CENSUS).sign()}`;
    const request = {
      rawHeaders: ['Authorization', authorization],
      method: 'GET',
      url: '/',
      headers: {},
    };
    return new Promise((resolve) => {
      const done = (error: unknown, principal: unknown) => resolve(error ?? principal);
      const middleware = passport.authenticate(
        strategyOf(running).name,
        { session: false },
        done,
      ) as (...args: unknown[]) => void;
      middleware(request, {}, resolve);
    });
  };

  it('have strategies of their own names, for code that asks passport itself', async () => {
    expect(strategyOf(first).name).not.toBe(strategyOf(second).name);
    expect(await authenticate(first, one)).toMatchObject({ caller: { kind: 'service' } });
    expect(await authenticate(second, one)).toMatchObject({ code: 'ISSUER_UNTRUSTED' });
  });

  it('leave passport when they close', async () => {
    const third = await run(censusModule([one.trustEntry()], systemClock), new FastifyAdapter());
    const { name } = strategyOf(third);
    const registered = () =>
      (passport as unknown as { _strategy(name: string): unknown })._strategy(name);
    expect(registered()).toBeDefined();
    await third.app.close();
    expect(registered()).toBeUndefined();
  });
});
