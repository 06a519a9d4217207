import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  certificateThumbprint,
  dpopProofs,
  generateSigningKey,
  memoryReplay,
} from '@countersign/token';
import {
  aToken,
  createTestCertificate,
  createTestIssuer,
  type TestCertificate,
} from '@countersign/testing';

import { keepLines } from './adapters.js';
import { CENSUS, ran } from './census.module.js';
import { possessionModule } from './possession.module.js';

const server = createTestIssuer();
const ours = createTestCertificate();
const mine = createTestCertificate('herald.example');
const theirs = createTestCertificate('other.example');
const publicUrl = 'https://census.example/';
/** Asked for, and of anybody: what it has to do with a token, the token says. */
const tls = { key: ours.key, cert: ours.cert, requestCert: true, rejectUnauthorized: false };

const thumbprintOf = ({ cert }: TestCertificate) =>
  certificateThumbprint(new X509Certificate(cert).raw);
const boundTo = (cnf: Readonly<Record<string, string>>) =>
  aToken().from(server).to(CENSUS).claim('cnf', cnf).sign();
const bound = () => boundTo({ 'x5t#S256': thumbprintOf(mine) });

const adapters = [
  ['Fastify', () => new FastifyAdapter({ https: tls } as never), {}],
  ['Express', () => new ExpressAdapter(), { httpsOptions: tls }],
] as const;

describe.each(adapters)('tokens bound to a certificate on %s', (_name, makeAdapter, options) => {
  let app: INestApplication;
  let port: number;
  const { logger, lines } = keepLines();
  const agents: Agent[] = [];

  beforeAll(async () => {
    const module = possessionModule([server.trustEntry()], server.clock, {
      publicUrl,
      replay: memoryReplay(),
    });
    app = await NestFactory.create(module, makeAdapter() as FastifyAdapter, {
      logger,
      abortOnError: false,
      rawBody: true,
      ...options,
    });
    await app.listen(0, '127.0.0.1');
    ({ port } = app.getHttpServer().address() as AddressInfo);
  });
  afterEach(() => agents.splice(0).forEach((agent) => agent.destroy()));
  afterAll(() => app.close());
  beforeEach(() => {
    ran.length = 0;
    lines.decisions.length = 0;
  });

  const agentOf = (certificate: TestCertificate | undefined, more: object = {}): Agent => {
    const shown = certificate && { cert: certificate.cert, key: certificate.key };
    const agent = new Agent({ ca: ours.cert, keepAlive: true, ...shown, ...more });
    agents.push(agent);
    return agent;
  };

  const get = (
    path: string,
    headers: Readonly<Record<string, string>>,
    agent: Agent,
  ): Promise<{ status: number | undefined; code: unknown; resumed: boolean }> =>
    new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, headers, agent }, (answer) => {
        const { isSessionReused } = call.socket as unknown as { isSessionReused(): boolean };
        const resumed = isSessionReused.call(call.socket);
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => {
          const { code } = (text === '' ? {} : JSON.parse(text)) as { code?: string };
          resolve({ status: answer.statusCode, code, resumed });
        });
      });
      call.on('error', reject).end();
    });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('let in who shows the certificate', async () => {
    const agent = agentOf(mine);
    const token = bound();
    for (let times = 0; times < 2; times += 1)
      expect(await get('/held', bearer(token), agent)).toMatchObject({ status: 200 });
    expect(ran).toEqual(['held', 'held']);
  });

  it('refuse another certificate and none, also for a token that was let in before', async () => {
    const token = bound();
    expect((await get('/any', bearer(token), agentOf(mine))).status).toBe(200);
    expect(await get('/any', bearer(token), agentOf(theirs))).toMatchObject({
      status: 401,
      code: 'SENDER_MISMATCH',
    });
    expect(await get('/any', bearer(token), agentOf(undefined))).toMatchObject({
      status: 401,
      code: 'PROOF_MISSING',
    });
    expect(ran).toEqual(['any']);
    expect(lines.decisions).toHaveLength(2);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'know the certificate of a resumed %s session',
    async (version) => {
      const agent = agentOf(mine, { keepAlive: false, minVersion: version, maxVersion: version });
      const token = bound();
      const first = await get('/any', bearer(token), agent);
      const second = await get('/any', bearer(token), agent);
      expect([first.status, second.status]).toEqual([200, 200]);
      expect([first.resumed, second.resumed]).toEqual([false, true]);
    },
  );

  it('believe no header that names a certificate', async () => {
    const pem = encodeURIComponent(mine.cert);
    const headers = {
      ...bearer(bound()),
      'x-forwarded-client-cert': `Cert="${pem}"`,
      'x-ssl-client-cert': pem,
      'client-cert': `:${Buffer.from(new X509Certificate(mine.cert).raw).toString('base64')}:`,
    };
    expect((await get('/any', headers, agentOf(undefined))).code).toBe('PROOF_MISSING');
  });

  it('refuse an unbound token where it has to be bound, whatever certificate is shown', async () => {
    const token = aToken().from(server).to(CENSUS).sign();
    expect((await get('/held', bearer(token), agentOf(mine))).code).toBe('SENDER_UNCONSTRAINED');
    expect((await get('/any', bearer(token), agentOf(mine))).status).toBe(200);
  });

  it('want both proofs of a token bound to both', async () => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const accessToken = boundTo({ jkt: proofs.jkt, 'x5t#S256': thumbprintOf(mine) });
    const sent = async () => ({
      authorization: `DPoP ${accessToken}`,
      dpop: await proofs.proof({ method: 'GET', url: `${publicUrl}any`, accessToken }),
    });
    expect((await get('/any', await sent(), agentOf(mine))).status).toBe(200);
    expect((await get('/any', await sent(), agentOf(theirs))).code).toBe('SENDER_MISMATCH');
    expect((await get('/any', bearer(accessToken), agentOf(mine))).code).toBe('PROOF_MISSING');
  });
});
