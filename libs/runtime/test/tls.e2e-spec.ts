import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';

import 'reflect-metadata';
import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { createTestCertificate, type TestCertificate } from '@countersign/testing';
import type { FastifyRequest } from 'fastify';

import { baseConfig, DirectRoute, listenOn, readConfig, startApp } from '../src/index.js';
import type { RunningApp } from '../src/index.js';
import { followTlsFiles } from '../src/lib/tls/follow-tls-files.js';
import { readTlsFiles, tlsOptionsOf } from '../src/lib/tls/tls-files.js';
import { rawRequest } from './raw-request.js';

@Controller('peer')
class PeerController {
  @Get()
  peer(@Req() { raw }: FastifyRequest): object {
    return describePeer(raw.socket as TLSSocket);
  }

  @Post('direct')
  @Public({ reason: 'a test' })
  @DirectRoute()
  async direct({ raw }: FastifyRequest): Promise<object> {
    return describePeer(raw.socket as TLSSocket);
  }
}

function describePeer(socket: TLSSocket): object {
  const { raw } = socket.getPeerCertificate();
  return { isAuthorized: socket.authorized, hasCertificate: raw !== undefined };
}

@Module({ controllers: [PeerController] })
class PeerModule {}

const authority = createTestCertificate('authority.test');
const ours = createTestCertificate();
const known = createTestCertificate('web.test', { by: authority });
const unknown = createTestCertificate('web.test');

let directory: string;
const path = (name: string) => join(directory, name);
const put = ({ cert, key }: TestCertificate) => {
  // As a mounted secret is replaced: whole, by a new file under the old name.
  for (const [name, text] of [
    ['cert', cert],
    ['key', key],
  ] as const) {
    writeFileSync(path(`${name}.new`), text, { mode: 0o600 });
    renameSync(path(`${name}.new`), path(name));
  }
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tls-'));
  put(ours);
  writeFileSync(path('ca'), authority.cert);
});
afterEach(() => rmSync(directory, { recursive: true }));

const tls = () => ({ TLS_CERT_FILE: path('cert'), TLS_KEY_FILE: path('key') });
const withAuthority = () => ({ ...tls(), TLS_CLIENT_CA_FILE: path('ca') });
const configOf = (env: Record<string, string>) =>
  readConfig(baseConfig.extend(listenOn(0)), {
    PORT: '0',
    PUBLIC_URL: 'https://things.test/',
    ...env,
  });

async function withApp(
  env: Record<string, string>,
  use: (app: RunningApp, lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const app = await startApp({
    name: 'things',
    config: configOf(env),
    module: () => PeerModule,
    log: { write: (line) => void lines.push(line) },
  });
  try {
    await use(app, lines);
  } finally {
    await app.close();
  }
}

function ask(
  url: string,
  options: ConnectionOptions & { readonly method?: string } = {},
): Promise<{ status: number | undefined; json: unknown; peer: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { ca: ours.cert, agent: false, ...options }, (answer) => {
      const peer = (answer.socket as TLSSocket).getPeerCertificate().fingerprint256;
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode, json: JSON.parse(text) as unknown, peer }),
      );
    });
    request.on('error', reject).end();
  });
}

describe('an app that ends TLS', () => {
  it('speaks https only, and says so in its log', async () => {
    await withApp(tls(), async ({ url }, lines) => {
      expect(url).toMatch(/^https:/);
      expect((await ask(`${url}health/live`)).status).toBe(200);
      expect(await rawRequest(url, 'GET /health/live HTTP/1.1\r\n\r\n')).not.toContain(
        'HTTP/1.1 2',
      );
      expect(lines.join()).toContain(url);
    });
  });

  it('refuses TLS 1.1', async () => {
    await withApp(tls(), async ({ url }) => {
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
      await expect(ask(`${url}peer`, old as ConnectionOptions)).rejects.toThrow(/protocol|alert/i);
    });
  });

  it.each([
    ['none', {}, { isAuthorized: false, hasCertificate: false }],
    ['one by its authority', known, { isAuthorized: true, hasCertificate: true }],
    ['one by nobody it knows', unknown, { isAuthorized: false, hasCertificate: true }],
  ])('lets clients in with a certificate: %s', async (_name, client, peer) => {
    await withApp(withAuthority(), async ({ url }) => {
      expect(await ask(`${url}peer`, client)).toMatchObject({ status: 200, json: peer });
      const direct = { ...client, method: 'POST' };
      expect(await ask(`${url}peer/direct`, direct)).toMatchObject({ json: peer });
    });
  });

  it('believes no authority that was not named', async () => {
    await withApp({ ...tls(), TLS_CLIENT_CERTIFICATES: 'request' }, async ({ url }) => {
      const peer = { isAuthorized: false, hasCertificate: true };
      expect(await ask(`${url}peer`, known)).toMatchObject({ json: peer });
    });
  });

  it('does not take a certificate from an earlier connection', async () => {
    await withApp(withAuthority(), async ({ url }) => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const session = await sessionOf(url, { ...known, maxVersion });
        expect(await isResumed(url, { session, maxVersion })).toBe(false);
      }
    });
  });

  it('uses a new certificate without a restart, and keeps what it had over a bad one', async () => {
    await withApp(tls(), async ({ url, reloadTls }, lines) => {
      const next = createTestCertificate();
      const before = await ask(`${url}peer`);
      writeFileSync(path('key'), next.key);
      await reloadTls?.();
      expect((await ask(`${url}peer`)).peer).toBe(before.peer);
      await reloadTls?.();
      const told = lines.filter((line) => line.includes('tls.unusable'));
      expect(told).toHaveLength(1);
      expect(told[0]).toContain('TLS_KEY_FILE: is not the key of the certificate');

      writeFileSync(path('cert'), next.cert);
      await reloadTls?.();
      const after = await ask(`${url}peer`, { ca: next.cert });
      expect([after.status, after.peer]).toEqual([200, expect.not.stringMatching(before.peer)]);
      expect(lines.join()).not.toContain('PRIVATE');
    });
  });

  it('stops believing an authority that was taken away', async () => {
    await withApp(withAuthority(), async ({ url, reloadTls }) => {
      writeFileSync(path('ca'), createTestCertificate('other.test').cert);
      await reloadTls?.();
      expect(await ask(`${url}peer`, known)).toMatchObject({ json: { isAuthorized: false } });
    });
  });

  it('closes while somebody is connected who has said nothing', async () => {
    await withApp(tls(), async ({ url, close }) => {
      const socket = connect({ ...placeOf(url), ca: ours.cert, servername: 'localhost' });
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await close();
      await closed;
    });
  });
});

describe('followTlsFiles', () => {
  it('looks by itself', async () => {
    const config = configOf(tls());
    const files = await readTlsFiles(config);
    if (!files) throw new Error('no files');
    const server: Server = createServer(tlsOptionsOf(config, files));
    const reloaded = new Promise((resolve) => {
      // Read between the two writes, the files do not fit yet; the next look finds that they do.
      const logger = { info: resolve, error: () => undefined };
      const followed = followTlsFiles(server, files, { config, logger, every: 5 });
      server.once('close', followed.stop);
    });
    put(createTestCertificate());
    await reloaded;
    server.close();
    server.emit('close');
  });

  it('ends connections whose certificates were judged by other authorities', async () => {
    const config = configOf(withAuthority());
    const files = await readTlsFiles(config);
    if (!files) throw new Error('no files');
    const server = createServer(tlsOptionsOf(config, files)).listen(0, '127.0.0.1');
    const logger = { info: () => undefined, error: () => undefined };
    const { reload, stop } = followTlsFiles(server, files, { config, logger, drain: 1 });
    await once(server, 'listening');
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', ca: ours.cert, ...known });
    client.on('error', () => undefined);
    const [socket] = await accepted;
    expect(socket.authorized).toBe(true);

    const ended = once(socket, 'close');
    writeFileSync(path('ca'), createTestCertificate('other.test').cert);
    await reload();
    await ended;
    stop();
    client.destroy();
    server.close();
  });
});

describe('the variables of TLS', () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a certificate alone',
      { TLS_CERT_FILE: 'cert' },
      ['TLS_KEY_FILE: is required with TLS_CERT_FILE'],
    ],
    ['a key alone', { TLS_KEY_FILE: 'key' }, ['TLS_CERT_FILE: is required with TLS_KEY_FILE']],
    [
      'authorities without TLS',
      { TLS_CLIENT_CA_FILE: 'ca', TLS_CLIENT_CERTIFICATES: 'request' },
      [
        'TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE',
        'TLS_CLIENT_CERTIFICATES: needs TLS_CERT_FILE and TLS_KEY_FILE',
      ],
    ],
    [
      'authorities for certificates that nobody is asked for',
      {
        TLS_CERT_FILE: 'cert',
        TLS_KEY_FILE: 'key',
        TLS_CLIENT_CA_FILE: 'ca',
        TLS_CLIENT_CERTIFICATES: 'off',
      },
      ['TLS_CLIENT_CA_FILE: is of no use with TLS_CLIENT_CERTIFICATES=off'],
    ],
    [
      'a public URL of http',
      { TLS_CERT_FILE: 'cert', TLS_KEY_FILE: 'key', PUBLIC_URL: 'http://127.0.0.1:1/' },
      ['PUBLIC_URL: must be an https URL with TLS_CERT_FILE'],
    ],
    [
      'files that are not there',
      { TLS_CERT_FILE: 'gone', TLS_KEY_FILE: 'gone' },
      ['TLS_CERT_FILE: cannot be read (ENOENT)', 'TLS_KEY_FILE: cannot be read (ENOENT)'],
    ],
    [
      'files that hold something else',
      { TLS_CERT_FILE: 'key', TLS_KEY_FILE: 'cert', TLS_CLIENT_CA_FILE: 'key' },
      [
        'TLS_CERT_FILE: holds no PEM certificates',
        'TLS_KEY_FILE: holds no PEM private key without a passphrase',
        'TLS_CLIENT_CA_FILE: holds no PEM certificates',
      ],
    ],
    [
      'the key of another certificate',
      { TLS_CERT_FILE: 'ca', TLS_KEY_FILE: 'key' },
      ['TLS_KEY_FILE: is not the key of the certificate in TLS_CERT_FILE'],
    ],
  ])('refuse %s', async (_name, env, problems) => {
    const inPlace = Object.entries(env).map(([name, value]) =>
      name.endsWith('_FILE') ? [name, path(value)] : [name, value],
    );
    const config = configOf(Object.fromEntries(inPlace) as Record<string, string>);
    await expect(readTlsFiles(config)).rejects.toMatchObject({ name: 'ConfigError', problems });
  });

  it('leave an app without them as it was', async () => {
    expect(await readTlsFiles(configOf({ PUBLIC_URL: 'http://127.0.0.1:1/' }))).toBeUndefined();
  });
});

const placeOf = (url: string) => ({ host: '127.0.0.1', port: Number(new URL(url).port) });

/** The session of a connection that has answered a request: by then its tickets have come. */
function sessionOf(url: string, options: ConnectionOptions): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...placeOf(url), ca: ours.cert, servername: 'localhost', ...options });
    let session: Buffer | undefined;
    socket.on('session', (one) => (session = one));
    socket.on('error', reject);
    socket.write('GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    socket.resume().on('end', () => resolve(session ?? socket.getSession()));
  });
}

function isResumed(url: string, options: ConnectionOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...placeOf(url), ca: ours.cert, servername: 'localhost', ...options });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.isSessionReused());
      socket.destroy();
    });
  });
}
