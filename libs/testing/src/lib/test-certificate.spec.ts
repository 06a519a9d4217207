import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';

import { createTestCertificate, type TestCertificate } from './test-certificate.js';

const authority = createTestCertificate('authority.test');
const leaf = createTestCertificate('mail.test', { by: authority });

/** How a client that believes `authority` alone ends up with a server that shows these. */
async function outcome(chain: readonly [TestCertificate, ...TestCertificate[]]): Promise<string> {
  const cert = chain.map((one) => one.cert).join('');
  const server = createServer({ cert, key: chain[0].key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = chain[0].subject.host;
  const client = connect({ port, host: '127.0.0.1', servername: host, ca: authority.cert });
  try {
    return await once(client, 'secureConnect').then(
      () => 'believed',
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
  } finally {
    client.destroy();
    server.close();
  }
}

describe('createTestCertificate', () => {
  it('makes an authority that vouches for others', async () => {
    expect(await outcome([leaf])).toBe('believed');
  });

  it('makes others that vouch for nobody', async () => {
    const forged = createTestCertificate('auth-server.test', { by: leaf });
    expect(await outcome([forged, leaf])).toMatch(/^INVALID_(CA|PURPOSE)$/);
  });
});
