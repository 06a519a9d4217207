import { Agent, fetch } from 'undici';

import {
  clientCredentials,
  clientSecretBasic,
  createSigner,
  dpopProofs,
  generateSigningKey,
  selfIssued,
  tokenExchange,
  type SelfIssuedSourceOptions,
  type ServerSourceOptions,
} from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  startFaultProxy,
  startTokenEndpoint,
  type FaultProxy,
  type TestTokenEndpoint,
  type TokenBuilder,
} from '@countersign/testing';

import type { ServiceClientOptions } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';
import { calledModule, callingModule, HERALD, USERS } from './outbound.module.js';

const auth = createTestIssuer({ trust: { subjects: [USERS] } });
const herald = createTestIssuer({
  kind: 'service-peer',
  issuer: HERALD,
  trust: { mayAssert: ['users:read', 'users:write'], subjects: [USERS], carrier: 'JWT' },
});
const { algorithm, kid, signingKey: privateKey } = herald.key;
const signer = createSigner({ algorithm, kid, privateKey });

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
/** Fifty requests at a time: more would only measure how this machine opens sockets. */
const agent = new Agent({ connections: 50 });
afterAll(() => agent.close());

const user = (id: number) => `${USERS}${id}/`;

describe.each(adapters)('a client of another service, on %s', (_name, makeAdapter) => {
  let proxy: FaultProxy;
  let server: TestTokenEndpoint;
  let change: (token: TokenBuilder) => TokenBuilder;
  const started: Running[] = [];

  beforeEach(async () => {
    change = (token) => token;
    proxy = await startFaultProxy();
    server = await startTokenEndpoint({
      issue: ({ form }) => {
        const { resource = '', scope = '', subject_token: subject } = form;
        const token = aToken()
          .from(auth)
          .to(resource)
          .scopes(...scope.split(' '));
        const asHerald = token.caller('herald-client');
        return change(subject ? asHerald.onBehalfOf(subjectOf(subject)) : asHerald).sign();
      },
    });
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ app }) => app.close()));
    await Promise.all([proxy.close(), server.close()]);
  });

  const itself = (more: Partial<SelfIssuedSourceOptions> = {}) =>
    selfIssued({ issuer: HERALD, signer, carrier: 'JWT', ...more });
  const atServer = (more: Partial<ServerSourceOptions> = {}) => {
    const client = clientSecretBasic('herald-client', 'secret');
    const options = { issuer: server.issuer, client, ...more };
    return { asSubject: tokenExchange(options), asSelf: clientCredentials(options) };
  };

  /** Starts both services; answers Herald. */
  async function start(source: ServiceClientOptions['source']): Promise<Running> {
    const url = `${proxy.origin}/`;
    const trust = [auth.trustEntry(), herald.trustEntry()];
    const census = await run(calledModule(url, trust), makeAdapter(), { rawBody: true });
    proxy.target = census.url;
    const options = { url, scopes: ['users:read'], source, timeout: '1m' };
    const calling = await run(callingModule(options, [auth.trustEntry()]), makeAdapter());
    started.push(census, calling);
    return calling;
  }

  const by = (id?: number) => {
    const token = aToken().from(auth).to(HERALD).caller('web');
    return `Bearer ${(id === undefined ? token : token.onBehalfOf(user(id))).sign()}`;
  };
  async function ask({ url }: Running, path: string, id?: number, method = 'GET') {
    const headers = { authorization: by(id), traceparent };
    const response = await fetch(`${url}/ask/${path}`, {
      headers,
      method,
      dispatcher: agent,
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  it.each([
    ['that signs itself', () => itself(), HERALD],
    ['that signs itself now and then', () => itself({ reuse: true }), HERALD],
    ['with an authorization server', () => atServer(), 'herald-client'],
  ])('calls as the user of the request, or as itself: %s', async (_of, source, caller) => {
    const calling = await start(source());
    const trace = traceparent;
    expect(await ask(calling, 'subject/1', 42)).toEqual({
      status: 200,
      body: { id: '1', caller, subject: user(42), trace },
    });
    expect(await ask(calling, 'self/1', 42)).toEqual({
      status: 200,
      body: { id: '1', caller, subject: null, trace },
    });
  });

  it.each([
    ['a thousand', 1000, () => itself()],
    ['two hundred, each with a token of a server,', 200, () => atServer()],
  ])(
    'keeps users apart: %s at a time',
    async (_of, count, source) => {
      const calling = await start(source());
      const ids = Array.from({ length: count }, (_, index) => index + 1);
      const answers = await Promise.all(ids.map((id) => ask(calling, `subject/${id}`, id)));
      expect(answers.map(({ body }) => body)).toEqual(
        ids.map((id) => expect.objectContaining({ id: String(id), subject: user(id) })),
      );
    },
    60_000,
  );

  it('proves with each call that a token of the server is its own', async () => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    change = (token) => token.claim('cnf', { jkt: proofs.jkt });
    server.mode = 'type-dpop';
    const calling = await start(atServer({ dpop: proofs }));
    expect((await ask(calling, 'subject/1', 42)).body).toMatchObject({ subject: user(42) });
    expect((await ask(calling, 'self/1', 42)).body).toMatchObject({ subject: null });
    expect(server.questions.every(({ headers }) => typeof headers['dpop'] === 'string')).toBe(true);
    // The proof is signed for the request: the token itself is kept.
    const bound = { status: 201, body: { body: { a: 1 }, n: 'a b', subject: user(42) } };
    expect(await ask(calling, 'bound', 42, 'POST')).toEqual(bound);
  }, 60_000);

  it('has no token where the server does not bind it', async () => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const calling = await start(atServer({ dpop: proofs }));
    expect((await ask(calling, 'self/1', 42)).status).toBe(500);
    expect(proxy.connections()).toBe(0);
  });

  it('renews a token that the service says is invalid, and goes on', async () => {
    const calling = await start(atServer());
    change = (token) => (server.questions.length === 1 ? token.expired() : token);
    const answers = await Promise.all([1, 2, 3].map((id) => ask(calling, `self/${id}`, 42)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(server.questions).toHaveLength(2);
  });

  it('does not go on renewing what is refused each time', async () => {
    const calling = await start(atServer());
    change = (token) => token.expired();
    const answers = await Promise.all([1, 2, 3].map((id) => ask(calling, `self/${id}`, 42)));
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
    await ask(calling, 'self/4', 42);
    expect(server.questions).toHaveLength(2);
  });

  it('calls for nobody where the request acts for nobody', async () => {
    const calling = await start(itself());
    expect((await ask(calling, 'subject/1')).status).toBe(500);
    expect((await ask(calling, 'public', 42)).status).toBe(500);
    expect(proxy.connections()).toBe(0);
  });

  it('signs a token for one request where the route asks for it, each time anew', async () => {
    const calling = await start(itself({ reuse: true }));
    const expected = { status: 201, body: { body: { a: 1 }, n: 'a b', subject: user(42) } };
    expect(await ask(calling, 'bound', 42, 'POST')).toEqual(expected);
    expect(await ask(calling, 'bound', 42, 'POST')).toEqual(expected);
  });
});

function subjectOf(token: string): string {
  const [, claims = ''] = token.split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }).sub;
}
