import type { TestIssuer } from '@countersign/testing';
import { aToken } from '@countersign/testing';

import type { BenchRequest } from '../server-process.js';

export const AUDIENCE = 'https://things.example/';

/** One line of the table: a server, and what it is asked. */
export interface GuardSeries {
  readonly name: string;
  readonly label: string;
  readonly adapter: 'fastify' | 'express';
  /** File among the servers. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly requests: (n: number) => BenchRequest;
}

/** Tokens of the series that rotates; it has met them all before it is measured. */
export const ROTATING = 5_000;

/** All series: the same route on both adapters, ours and its peers, and what else is asked of us. */
export function guardSeries(issuer: TestIssuer, fresh: number): GuardSeries[] {
  const ask = asker(issuer);
  const one = ask.tokens(1);
  const rotating = ask.tokens(ROTATING);
  const both = (['fastify', 'express'] as const).flatMap((adapter): GuardSeries[] => {
    const line = (program: string, label: string, requests = one): GuardSeries => ({
      name: `${adapter}-${program}`,
      ...{ label, adapter, program, requests },
    });
    const peer = adapter === 'fastify' ? '@fastify/jwt + get-jwks' : 'express-oauth2-jwt-bearer';
    return [
      line('unguarded', 'route without a guard'),
      line('empty-guard', 'a guard of Nest that does nothing'),
      line('guarded', 'Countersign, one token'),
      { ...line('guarded', 'Countersign, 5,000 tokens', rotating), name: `${adapter}-rotating` },
      line('fast-jwt', 'fast-jwt with its cache, one token'),
      line('jose', 'a guard over jose'),
      line(adapter === 'fastify' ? 'fastify-jwt' : 'express-bearer', peer),
      line('stock', 'passport-jwt + jwks-rsa'),
    ];
  });
  return [...both, ...askedOfUs(ask, fresh)];
}

/** What no peer is asked: many issuers, strangers, a flood. */
function askedOfUs(ask: ReturnType<typeof asker>, fresh: number): GuardSeries[] {
  const more = { adapter: 'fastify', program: 'guarded' } as const;
  return [
    {
      name: 'many',
      label: 'Countersign, 1,000 issuers and 10,000 keys',
      ...more,
      env: { BENCH_ISSUERS: '1000' },
      requests: ask.tokens(1),
    },
    {
      name: 'first',
      label: 'Countersign, every token for the first time',
      ...more,
      requests: ask.tokens(fresh),
    },
    {
      name: 'flood',
      label: 'Countersign, a flood of bad tokens',
      ...more,
      requests: ask.badTokens(2_000),
    },
  ];
}

function asker(issuer: TestIssuer) {
  const token = aToken().from(issuer).to(AUDIENCE).scopes('things:read').lifetime('1h');
  const request = (jwt: string, isRefused: boolean): BenchRequest => ({
    path: '/thing',
    method: 'GET',
    headers: { authorization: `Bearer ${jwt}` },
    isRefused,
  });
  const cycle = (requests: readonly BenchRequest[]) => {
    let next = 0;
    return () => requests[next++ % requests.length] as BenchRequest;
  };
  const forms = [
    (jwt: string) => `${jwt.slice(0, -4)}AAAA`,
    (jwt: string) => jwt.replace(/\.[^.]+$/, ''),
    () => token.expired().sign(),
    () => token.header('kid', 'nobody').sign(),
    () => token.claim('iss', 'https://stranger.example').sign(),
  ];
  return {
    tokens: (count: number) =>
      cycle(Array.from({ length: count }, () => request(token.sign(), false))),
    badTokens: (count: number) =>
      cycle(
        Array.from({ length: count }, (_, n) => {
          const spoil = forms[n % forms.length] as (jwt: string) => string;
          return request(spoil(token.sign()), true);
        }),
      ),
  };
}
