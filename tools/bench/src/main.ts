import { aToken, createTestIssuer } from '@countersign/testing';

import { rawVerifyMicros } from './lib/raw-verify.js';
import { median } from './lib/median.js';
import { ServerProcess, type BenchRequest } from './lib/server-process.js';

const AUDIENCE = 'https://things.example/';
const CONTENDERS = ['unguarded', 'guarded', 'stock'] as const;
const ROUNDS = 7;
const REQUESTS = 4_000;
const TOKENS = 200;

const issuer = createTestIssuer();
const served = await issuer.serve();
const tokens = Array.from({ length: TOKENS }, () =>
  aToken().from(issuer).to(AUDIENCE).scopes('things:read').lifetime('1h').sign(),
);

const requestThing = (n: number): BenchRequest => ({
  path: '/thing',
  method: 'GET',
  headers: { authorization: `Bearer ${tokens[n % TOKENS]}` },
});

const env = { BENCH_ISSUER: issuer.issuer, BENCH_JWKS: served.jwksUri, BENCH_AUDIENCE: AUDIENCE };
const servers = new Map<string, ServerProcess>();
const micros = new Map<string, number[]>([...CONTENDERS, 'raw'].map((name) => [name, []]));

try {
  for (const name of CONTENDERS) servers.set(name, await ServerProcess.start(name, env));
  // The first rounds compile; they are not counted.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, server] of servers) {
      const perRequest = await server.measure(REQUESTS, requestThing);
      if (round >= 0) micros.get(name)?.push(perRequest);
    }
    const perVerify = rawVerifyMicros(REQUESTS);
    if (round >= 0) micros.get('raw')?.push(perVerify);
    process.stderr.write(`round ${Math.max(round + 1, 0)} of ${ROUNDS}\n`);
  }
} finally {
  await Promise.all([...servers.values()].map((server) => server.stop()));
  await served.close();
}

const base = median(micros.get('unguarded') ?? []);
const labels: Readonly<Record<string, string>> = {
  unguarded: 'route without a guard',
  guarded: 'the same, guarded by Countersign',
  stock: 'the same, stock passport-jwt + jwks-rsa',
  raw: 'one bare ES256 verification',
};
console.log(
  `\nNode ${process.version}, Nest on Fastify, ES256, ${TOKENS} different tokens,\n` +
    `median of ${ROUNDS} interleaved rounds of ${REQUESTS} requests\n`,
);
console.log(
  `${'CPU per request'.padEnd(42)}  ${'us'.padStart(8)}  ${'spread'.padStart(15)}  x unguarded`,
);
for (const [name, values] of micros) {
  const middle = median(values);
  const spread = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
  console.log(
    `${(labels[name] ?? name).padEnd(42)}  ${middle.toFixed(1).padStart(8)}  ${spread.padStart(15)}  ${(middle / base).toFixed(2).padStart(11)}`,
  );
}
