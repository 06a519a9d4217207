import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';

import { createTestCertificate } from '@countersign/testing';

import { median, timed, type Effort } from './measure.js';
import type { OtherProcess } from './other-process.js';

/** What it costs to open a connection, in microseconds of CPU; it then serves many calls. */
export interface ConnectionCost {
  readonly name: string;
  readonly caller: number;
  readonly receiver: number;
}

/** Measures full handshakes of TLS 1.3 (ECDSA, P-256), with and without a certificate of the client. */
export async function measureConnections(
  other: OtherProcess,
  { rounds, calls }: Effort,
  tell: (progress: string) => void,
): Promise<readonly ConnectionCost[]> {
  const { cert, key } = createTestCertificate('herald');
  const { plain, mutual } = other.tlsPorts;
  const kinds = [
    { name: 'A TLS connection', options: { port: plain } },
    { name: 'A TLS connection with a client certificate', options: { port: mutual, cert, key } },
  ];
  const costs = kinds.map(() => ({ caller: [] as number[], receiver: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, { name, options }] of kinds.entries()) {
      tell(`round ${round} of ${rounds}: ${name}`);
      const before = await other.cpu();
      const { micros } = await timed(calls, () => open(options));
      const receiver = ((await other.cpu()) - before) / calls;
      if (round === 0) continue;
      costs[index]?.caller.push(micros);
      costs[index]?.receiver.push(receiver);
    }
  return kinds.map(({ name }, index) => ({
    name,
    caller: median(costs[index]?.caller ?? []),
    receiver: median(costs[index]?.receiver ?? []),
  }));
}

async function open(options: ConnectionOptions): Promise<void> {
  // The certificate of the other side is a new one each time: checking it costs the same.
  const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.resume();
  await once(socket, 'close');
}
