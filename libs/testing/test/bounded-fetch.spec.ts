import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

import { AddressRefusedError, boundedFetch, jwksSource } from '@countersign/token';
import type { BoundedFetchOptions, ResolveName } from '@countersign/token';

import { createTestCertificate, createTestKey } from '../src/index.js';

const loopback = ['127.0.0.0/8'];
const certificate = createTestCertificate();
const key = createTestKey('ES256', 'one');

let connections = 0;
const servers: Server[] = [];

/** A server that would leak if it were asked, and counts who connects. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A resolver that answers these addresses, one list for each question. */
function resolver(...answers: string[][]): ResolveName & { asked: string[] } {
  const asked: string[] = [];
  const resolve: ResolveName = (hostname, _options, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { asked });
}

/** The innermost error of a fetch that failed. */
async function failure(url: string, options: BoundedFetchOptions = {}, init: RequestInit = {}) {
  try {
    const { status } = await boundedFetch(options)(url, init);
    return `answered ${status}`;
  } catch (error) {
    // Node's own errors are of another realm under Jest: told by their members, not by instanceof.
    let inner = error as { cause?: object; code?: string; message?: string };
    while (typeof inner.cause === 'object') inner = inner.cause;
    return inner instanceof AddressRefusedError ? 'refused' : (inner.code ?? inner.message);
  }
}

describe('boundedFetch', () => {
  let plain: number;
  let secure: number;
  beforeAll(async () => {
    const body = JSON.stringify({ keys: [key.jwk] });
    plain = await listen(
      createHttp((request, response) => {
        if (request.url === '/away') response.writeHead(302, { location: '/' }).end();
        else response.end(body);
      }),
    );
    secure = await listen(createHttps(certificate, (_, response) => response.end(body)) as never);
  });
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  beforeEach(() => (connections = 0));

  it.each([
    ['loopback', '127.0.0.1'],
    ['a decimal address', '2130706433'],
    ['a hexadecimal address', '0x7f000001'],
    ['an octal address', '0177.0.0.1'],
    ['a short address', '127.1'],
    ['the unspecified address', '0.0.0.0'],
    ['the unspecified address', '[::]'],
    ['a mapped address', '[::ffff:127.0.0.1]'],
    ['a mapped address in hexadecimal', '[::ffff:7f00:1]'],
    ['localhost', 'localhost'],
    ['the metadata service', '169.254.169.254'],
  ])('never connects to %s: %s', async (_name, host) => {
    expect(await failure(`https://${host}:${secure}/`, { ca: certificate.cert })).toBe('refused');
    expect(connections).toBe(0);
  });

  it('never connects to a name of a private address', async () => {
    const lookup = resolver(['127.0.0.1', '::1', '10.0.0.1']);
    expect(await failure(`https://keys.example:${secure}/`, { lookup })).toBe('refused');
    expect([connections, lookup.asked]).toEqual([0, ['keys.example']]);
  });

  it('connects to none but the allowed one among the addresses of a name', async () => {
    const host = createTestCertificate('keys.example');
    const port = await listen(createHttps(host, (_, response) => response.end('{}')) as never);
    const lookup = resolver(['127.0.0.2', '::1', '127.0.0.1', '10.0.0.1']);
    const options = { lookup, networks: ['127.0.0.1/32'], ca: host.cert };
    expect(await failure(`https://keys.example:${port}/`, options)).toBe('answered 200');
  });

  it('asks for the address once: what it checked is what it connects to', async () => {
    const lookup = resolver(['127.0.0.2'], ['127.0.0.1']);
    const options = { lookup, networks: ['127.0.0.2/32'] };
    expect(await failure(`https://keys.example:${secure}/`, options)).toBe('ECONNREFUSED');
    expect([lookup.asked.length, connections]).toEqual([1, 0]);
  });

  it.each([
    ['plain http', () => 'http://keys.example/'],
    ['a file', () => 'file:///etc/passwd'],
    ['data', () => 'data:application/json,{}'],
    ['ftp', () => 'ftp://keys.example/'],
  ])('refuses %s', async (_name, url) => {
    expect(await failure(url(), { networks: loopback })).toBe('refused');
  });

  it('reads a key set from an allowed network, over http on loopback only there', async () => {
    expect(await failure(`http://127.0.0.1:${plain}/`)).toBe('refused');
    const source = jwksSource(`http://127.0.0.1:${plain}/`, {
      fetch: boundedFetch({ networks: loopback }),
    });
    expect((await source.read()).keys).toEqual([key.jwk]);
  });

  it.each<[RequestInit['redirect'], string]>([
    [undefined, 'unexpected redirect'],
    ['follow', 'unexpected redirect'],
    ['manual', 'answered 302'],
  ])('follows no redirect, asked to %s', async (redirect, outcome) => {
    const init = redirect === undefined ? {} : { redirect };
    const url = `http://127.0.0.1:${plain}/away`;
    expect(await failure(url, { networks: loopback }, init)).toBe(outcome);
  });

  it('believes the authorities it was given, and no other', async () => {
    const url = `https://127.0.0.1:${secure}/`;
    const networks = loopback;
    expect(await failure(url, { networks, ca: certificate.cert })).toBe('answered 200');
    expect(await failure(url, { networks })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    const other = createTestCertificate().cert;
    expect(await failure(url, { networks, ca: other })).toMatch(/SELF_SIGNED|SIGNATURE|VERIFY/);
    const named = createTestCertificate('keys.example');
    const port = await listen(createHttps(named, (_, response) => response.end('{}')) as never);
    const wrongName = `https://127.0.0.1:${port}/`;
    expect(await failure(wrongName, { networks, ca: named.cert })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('names the refusal when keys cannot be read', async () => {
    const source = jwksSource('https://10.0.0.1/jwks', { fetch: boundedFetch() });
    await expect(source.read()).rejects.toThrow(
      'https://10.0.0.1/jwks could not be read: ERR_ADDRESS_REFUSED',
    );
  });

  it.each<[string, object]>([
    ['networks', { networks: ['0.0.0.0/0'] }],
    ['networks', { networks: '10.0.0.0/8' }],
    ['ca', { ca: 'no certificate' }],
    ['timeout', { timeout: 3 }],
  ])('refuses at once a wrong %s: %p', (option, options) => {
    expect(() => boundedFetch(options)).toThrow(new RegExp(`^${option} `));
  });
});
