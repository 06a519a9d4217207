import { setTimeout as pause } from 'node:timers/promises';

import type { BenchRequest, ServerProcess } from '../server-process.js';

const patience = 60_000;

/**
 * Waits until a server signs with the algorithm that is to be measured: a new key is announced
 * before it signs. Fails after a minute.
 */
export async function awaitAlgorithm(
  server: ServerProcess,
  request: BenchRequest,
  algorithm: 'ES256' | 'RS256',
): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    const found = algorithmOf(await server.request(request));
    if (found === algorithm) return;
    if (performance.now() > deadline) throw new Error(`signs with ${found}, not ${algorithm}`);
    await pause(200);
  }
}

function algorithmOf(answer: string): unknown {
  const { access_token } = JSON.parse(answer) as { access_token: string };
  const header = Buffer.from(access_token.split('.')[0] ?? '', 'base64url').toString();
  return (JSON.parse(header) as { alg: unknown }).alg;
}
