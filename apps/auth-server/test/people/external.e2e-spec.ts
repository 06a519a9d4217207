import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { generateSigningKey } from '@countersign/token';

import { engineLibrary } from '../../src/people/engine/engine-library.js';
import { Browser, type Opened } from './a-browser.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  aVerifier,
  callback,
  formOf,
  issuer,
  startPeopleServer,
  users,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

interface Person {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: unknown;
}

const clientSecret = 'a secret of this test, and of no other';

/** A real OpenID provider, at which one person after another is logged in. */
async function startProvider() {
  const { Provider } = await engineLibrary();
  const server: Server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let person: Person = { sub: 'nobody' };
  let denies = false;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'countersign',
        client_secret: clientSecret,
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [`${issuer}/people/external/callback`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => ({ ...person, sub }) as never,
    }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    jwks: { keys: [(await generateSigningKey('ES256')).privateJwk as never] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    cookies: { keys: ['a key of this test'] },
  });
  const callbackOf = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void callbackOf(request, response);
    const finish = async () => {
      const { prompt, params, session } = await provider.interactionDetails(request, response);
      if (denies) {
        const refused = { error: 'access_denied' };
        return provider.interactionFinished(request, response, refused);
      }
      if (prompt.name === 'login') {
        const login = { login: { accountId: person.sub } };
        return provider.interactionFinished(request, response, login);
      }
      const clientId = String(params['client_id']);
      const grant = new provider.Grant({ accountId: String(session?.accountId), clientId });
      grant.addOIDCScope('openid email');
      const consent = { consent: { grantId: await grant.save() } };
      return provider.interactionFinished(request, response, consent);
    };
    finish().catch(() => response.writeHead(500).end());
  });
  return {
    url,
    is: (now: Person) => void (person = now),
    deny: (now: boolean) => void (denies = now),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('an external OpenID provider', () => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let server: PeopleServer;
  beforeAll(async () => {
    provider = await startProvider();
    const { registry } = await aRegistry();
    server = await startPeopleServer({
      registry,
      env: {
        OPENID_PROVIDER: provider.url,
        OPENID_PROVIDER_NAME: 'Example & Co',
        OPENID_CLIENT_ID: 'countersign',
        OPENID_CLIENT_SECRET: clientSecret,
      },
    });
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await provider?.stop();
  });
  beforeEach(() => provider.deny(false));

  const invited = (number: number, email: string) =>
    server.accounts.add(server.accounts.database, {
      user: `${users}${number}/`,
      email,
      name: undefined,
    });
  /** From the application to the provider. */
  const leave = async (browser: Browser): Promise<string> => {
    const { challenge } = aVerifier();
    const { location } = await browser.open(authorizeUrl({ code_challenge: challenge }));
    const left = await browser.open(location);
    expect(left.status).toBe(303);
    expect(left.location).toMatch(provider.url);
    return left.location;
  };
  /** At the provider, until that sends the browser back. */
  const through = async (address: string): Promise<string> => {
    const there = new Browser(`${provider.url}/`, provider.url);
    let { location } = await there.open(address);
    for (let n = 0; n < 8 && !location.startsWith(issuer); n += 1) {
      location = (await there.open(location)).location;
    }
    return location;
  };
  /** Back from the provider, and on: to the application, to a consent or to a page. */
  const goOn = async (browser: Browser, location: string): Promise<Opened> => {
    let at = await browser.open(location);
    for (let n = 0; n < 8 && at.status === 303 && !at.location.startsWith(callback); n += 1) {
      at = await browser.open(at.location);
    }
    return at;
  };
  const attempt = async (browser = server.browser()): Promise<Opened> => {
    const back = await through(await leave(browser));
    const at = await goOn(browser, back);
    if (!at.text.includes('id="consent"')) return at;
    const { action, csrf } = formOf(at.text);
    const { location } = await browser.open(action, { csrf, decision: 'allow' });
    return goOn(browser, location);
  };

  it('is asked with code, PKCE, state and nonce', async () => {
    const asked = new URL(await leave(server.browser())).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: 'countersign',
      redirect_uri: `${issuer}/people/external/callback`,
      scope: 'openid email',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(asked.get(name)).toMatch(/^[\w-]{43,44}$/);
    }
  });

  it('logs in whom it knows: first by a verified address, then by who that was', async () => {
    await invited(80, 'eve@example.com');
    provider.is({ sub: 'e-1', email: 'Eve@example.com', email_verified: true });
    expect((await attempt()).location).toContain(`${callback}?code=`);
    // The address may change there: the person is the same.
    provider.is({ sub: 'e-1', email: 'eve@elsewhere.example', email_verified: false });
    expect((await attempt()).location).toContain(`${callback}?code=`);
    // And whoever gets the address later is somebody else.
    provider.is({ sub: 'e-2', email: 'eve@example.com', email_verified: true });
    expect((await attempt()).status).toBe(403);
  });

  it.each<[string, Person]>([
    [
      'an address that is not verified',
      { sub: 'u-1', email: 'una@example.com', email_verified: false },
    ],
    [
      'an address that is only called so',
      { sub: 'u-2', email: 'una@example.com', email_verified: 'true' },
    ],
    ['no word of verification', { sub: 'u-3', email: 'una@example.com' }],
    ['no address', { sub: 'u-4' }],
    [
      'an address nobody was invited by',
      { sub: 'u-5', email: 'x@example.com', email_verified: true },
    ],
    [
      'the address of an account with a password',
      { sub: 'u-6', email: alice.email, email_verified: true },
    ],
  ])('binds nobody by %s', async (_what, person) => {
    if (!(await server.accounts.findByEmail('una@example.com')))
      await invited(81, 'una@example.com');
    provider.is(person);
    const answer = await attempt();
    expect(answer).toMatchObject({ status: 403, location: '' });
    expect(answer.text).toContain('Example &amp; Co');
    expect((await server.accounts.findByEmail('una@example.com'))?.account.state).toBe('invited');
  });

  it('goes back without a login when somebody changes their mind there', async () => {
    provider.deny(true);
    expect((await attempt()).location).toContain(`${callback}?error=access_denied`);
  });

  it.each<[string, (back: URL) => void]>([
    ['another state', (back) => back.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (back) => back.searchParams.delete('state')],
    ['another code', (back) => back.searchParams.set('code', 'x'.repeat(43))],
    ['another issuer (mix-up)', (back) => back.searchParams.set('iss', 'https://evil.example')],
    ['no issuer', (back) => back.searchParams.delete('iss')],
    ['two states', (back) => back.searchParams.append('state', 'x')],
  ])('takes nobody back with %s', async (_what, change) => {
    provider.is({ sub: 'e-1' });
    const browser = server.browser();
    const back = new URL(await through(await leave(browser)));
    change(back);
    const answer = await browser.open(back.href);
    expect(answer).toMatchObject({ status: 400, location: '' });
  });

  it('takes nobody back in another browser, nor twice', async () => {
    provider.is({ sub: 'e-1' });
    const browser = server.browser();
    const back = await through(await leave(browser));
    expect((await server.browser().open(back)).status).toBe(400);
    expect((await goOn(browser, back)).status).toBeLessThan(400);
    expect((await browser.open(back)).status).toBe(400);
  });

  it('remembers so many attempts of one browser and no more, the last of each login', async () => {
    provider.is({ sub: 'e-1' });
    const browser = server.browser();
    const { challenge } = aVerifier();
    const { location } = await browser.open(authorizeUrl({ code_challenge: challenge }));
    let there = '';
    for (let n = 0; n < 40; n += 1) there = (await browser.open(location)).location;
    const away = [...browser.cookies.keys()].filter((name) => name.includes('away-'));
    expect(away).toHaveLength(1);
    expect((await goOn(browser, await through(there))).status).toBeLessThan(400);
  });

  it('leaves no password anywhere', async () => {
    for (const path of ['/people/reset', `/people/password/${'x'.repeat(43)}`]) {
      expect((await server.browser().open(path)).status).toBe(404);
    }
  });

  it('that is away is told of, and the next login tries again', async () => {
    const { registry } = await aRegistry();
    const lonely = await startPeopleServer({
      registry,
      env: {
        OPENID_PROVIDER: 'http://127.0.0.1:1',
        OPENID_CLIENT_ID: 'countersign',
        OPENID_CLIENT_SECRET: clientSecret,
      },
    });
    try {
      const browser = lonely.browser();
      const { challenge } = aVerifier();
      const { location } = await browser.open(authorizeUrl({ code_challenge: challenge }));
      const answer = await browser.open(location);
      expect(answer.status).toBe(503);
      expect(answer.text).toContain('Not at the moment');
      expect(answer.headers.get('retry-after')).toBe('2');
    } finally {
      await lonely.stop();
    }
  });
});
