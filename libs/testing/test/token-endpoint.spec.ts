import { inspect } from 'node:util';

import {
  clientCredentials,
  clientSecretBasic,
  TokenAcquisitionError,
  tokenExchange,
  type ClientCredentialsOptions,
  type OutboundToken,
  type TokenRequest,
  type TokenSource,
} from '@countersign/token';

import {
  refusingTokenModes,
  startTokenEndpoint,
  testClock,
  unusableTokenModes,
  usableTokenModes,
  type TestTokenEndpoint,
} from '../src/index.js';

const audience = 'https://census.example/';
const secret = 'a-secret-that-nobody-may-see';
const request: TokenRequest = { audience, scopes: ['users:read'] };

/** How a mode that gives no token is told apart. */
const busy: readonly string[] = ['status-500', 'endless-error', 'status-503', 'status-429'];
const silent: readonly string[] = [
  'truncated',
  'huge',
  'gzip-bomb',
  'brotli-bomb',
  'drip',
  'hang',
  'slow-headers',
  'endless-headers',
];

describe('a source at a token endpoint', () => {
  let server: TestTokenEndpoint;

  beforeEach(async () => {
    server = await startTokenEndpoint();
  });
  afterEach(() => server.close());

  const options = (): ClientCredentialsOptions => ({
    issuer: server.issuer,
    client: clientSecretBasic('herald', secret),
    clock: testClock(),
    timeout: '300ms',
  });
  const source = () => clientCredentials(options());

  async function failureOf(from: TokenSource, of = request): Promise<TokenAcquisitionError> {
    const error: unknown = await Promise.resolve()
      .then(() => from.token(of))
      .catch((thrown: unknown) => thrown);
    if (error instanceof TokenAcquisitionError) return error;
    throw new Error(`no TokenAcquisitionError: ${inspect(error)}`);
  }

  it.each(usableTokenModes)('takes a token of the form %s', async (mode) => {
    server.mode = mode;
    const clock = testClock();
    await expect(source().token(request)).resolves.toEqual({
      token: 'token-1',
      carrier: 'Bearer',
      expiresAt: clock.now() + 300,
    } satisfies OutboundToken);
    expect(server.questions).toEqual([
      {
        headers: expect.objectContaining({
          authorization: `Basic ${Buffer.from(`herald:${secret}`).toString('base64')}`,
        }),
        form: { grant_type: 'client_credentials', resource: audience, scope: 'users:read' },
      },
    ]);
  });

  it.each(unusableTokenModes)('has no token by an answer of the form %s', async (mode) => {
    server.mode = mode;
    // Only an exchange has to say what kind of token it gives.
    const from = mode === 'kind-id-token' ? tokenExchange(options()) : source();
    const subject = { uri: `${audience}user/42/`, token: 'the-token-of-the-user' };
    const asked = mode === 'kind-id-token' ? { ...request, subject } : request;
    const error = await failureOf(from, asked);
    const isUnavailable = busy.includes(mode) || silent.includes(mode) || mode === 'reset';
    expect(error.reason).toBe(isUnavailable ? 'unavailable' : 'invalid_response');
    expectQuiet(error);

    // Nothing is kept of it, and the server is left alone before it is asked again.
    server.mode = 'good';
    expect((await failureOf(from, asked)).reason).toBe('unavailable');
    expect(server.questions).toHaveLength(1);
  });

  it.each(refusingTokenModes)('has no token where the server says no: %s', async (mode) => {
    server.mode = mode;
    const error = await failureOf(source());
    const code = mode.replace('-', '_');
    expect(error).toMatchObject({
      reason: 'refused',
      error: code.startsWith('invalid') ? code : undefined,
      server: server.issuer,
      client: 'herald',
      audience,
      scopes: ['users:read'],
    });
    expect(error.message).toContain(
      `${server.issuer} gave herald no token for ${audience} (scope users:read): `,
    );
    expectQuiet(error);
  });

  function expectQuiet(error: Error): void {
    const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`;
    expect(shown).not.toMatch(/token-\d|secret-that|the-token-of|<b>|Sign in/);
  }

  it('cannot be reached where nobody listens', async () => {
    const nowhere = source();
    await server.close();
    expect(await failureOf(nowhere)).toMatchObject({ reason: 'unavailable' });
    server = await startTokenEndpoint();
  });
});
