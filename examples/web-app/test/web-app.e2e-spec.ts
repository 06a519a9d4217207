import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestKey, freePort, testClock, type TestClock } from '@countersign/testing';

import { clientKey } from '../src/client-key/client-key.js';
import { createWebApp } from '../src/create-web-app.js';
import { readSettings } from '../src/settings.js';
import { Browser, fieldsOf } from './browser.js';
import { assertionIn, StandIn } from './stand-in.js';

const folder = mkdtempSync(join(tmpdir(), 'web-app-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the web-app', () => {
  let standIn: StandIn;
  let app: NestFastifyApplication;
  let clock: TestClock;
  let browser: Browser;
  let publicUrl: string;

  async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const port = await freePort();
    publicUrl = env['PUBLIC_URL'] ?? `http://localhost:${port}/`;
    const settings = readSettings({
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      AUTH_SERVER_URL: standIn.origin,
      HERALD_URL: `${standIn.origin}/`,
      CLIENT_KEY_FILE: join(folder, 'key.jwk'),
      ...env,
    });
    clock = testClock(Math.floor(Date.now() / 1000));
    app = await createWebApp({ settings, key: await clientKey(settings.clientKeyFile), clock }, []);
    await app.listen(port, '127.0.0.1');
    browser = new Browser(`http://127.0.0.1:${port}`);
  }

  beforeEach(async () => {
    standIn = new StandIn();
    await standIn.start();
    await start();
  });

  afterEach(async () => {
    await app.close();
    await standIn.stop();
  });

  /** Up to the page of the provider. */
  async function begin(of = browser): Promise<Record<string, string>> {
    return standIn.answerTo((await of.get('/login')).to);
  }
  const callback = (answer: Record<string, string>, of = browser) =>
    of.get(`/callback?${new URLSearchParams(answer)}`);
  async function logIn(of = browser): Promise<void> {
    expect((await callback(await begin(of), of)).to).toBe('/notifications');
  }
  async function isLoggedIn(of = browser): Promise<boolean> {
    return (await of.get('/')).to === '/notifications';
  }
  async function send(of = browser) {
    const { text } = await of.get('/notifications');
    return of.post('/notifications', fieldsOf(text, '/notifications'));
  }
  const linesOf = (part: string) => standIn.asked.filter(({ line }) => line.includes(part));

  it('sends the browser to the provider with state, nonce and an S256 challenge, all of one use', async () => {
    const [one, other] = [await browser.get('/login'), await browser.get('/login')];
    expect(one.status).toBe(303);
    const asked = [one, other].map(({ to }) => Object.fromEntries(new URL(to).searchParams));
    expect(asked[0]).toEqual({
      client_id: 'web-app',
      response_type: 'code',
      redirect_uri: `${publicUrl}callback`,
      scope: 'openid profile email notifications:send notifications:read',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(asked[0]?.[name]).not.toBe(asked[1]?.[name]);
  });

  it('logs in whom the provider vouches for, by a client assertion made for the provider', async () => {
    await logIn();
    const page = await browser.get('/notifications');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Hello, Bruno Blue');
    const [{ form } = { form: {} }] = linesOf('POST /people/token');
    const { header, claims } = assertionIn(form);
    expect(header['typ']).toBe('client-authentication+jwt');
    expect(claims).toMatchObject({ iss: 'web-app', sub: 'web-app', aud: standIn.issuer });
  });

  it('exchanges the token of the session for one for Herald, and sends with that', async () => {
    await logIn();
    expect((await send()).to).toBe('/notifications');
    expect((await browser.get('/notifications')).text).toContain('on its way');
    const form = linesOf('POST /oauth2/token').at(-1)?.form ?? {};
    expect(form).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: expect.stringMatching(/^people-/),
      resource: `${standIn.origin}/`,
      scope: 'notifications:send',
    });
    expect(assertionIn(form).claims['aud']).toBe(standIn.origin);
    const [sent] = linesOf('POST /notification/');
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer herald-for-${form['subject_token']}`,
    });
  });

  it('has no token in anything that it tells the browser', async () => {
    await logIn();
    await send();
    const said = [
      (await browser.get('/notifications')).text,
      (await browser.get('/notifications')).headers,
      browser.setCookies,
    ].map((part) => JSON.stringify(part));
    expect(said.join()).not.toMatch(/people-|herald-for|eyJ/);
  });

  it('sends one notification for a form that is sent twice', async () => {
    await logIn();
    const { text } = await browser.get('/notifications');
    const form = fieldsOf(text, '/notifications');
    await browser.post('/notifications', form);
    await browser.post('/notifications', form);
    expect(standIn.notifications.size).toBe(1);
  });

  describe('an answer of the provider', () => {
    const without = (name: string) => (good: Record<string, string>) =>
      Object.fromEntries(Object.entries(good).filter(([other]) => other !== name));
    const error = (error: string) => (good: Record<string, string>) => ({
      ...without('code')(good),
      error,
      error_description: '<b>evil</b> words',
    });
    const refused: [string, (good: Record<string, string>) => Record<string, string>, number][] = [
      ['with another state', (good) => ({ ...good, state: 'other' }), 400],
      ['without state', without('state'), 400],
      ['of another provider', (good) => ({ ...good, iss: 'https://evil.example' }), 400],
      ['that does not say whose it is', without('iss'), 400],
      ['with a code nobody gave', (good) => ({ ...good, code: 'guessed' }), 400],
      ['without a code', without('code'), 400],
      ['that brings an ID token itself', (good) => ({ ...good, id_token: 'a.b.c' }), 400],
      ['that is a signed response', (good) => ({ ...good, response: 'a.b.c' }), 400],
      ['that says no', error('access_denied'), 403],
      ['that says what nobody knows', error('<script>alert(1)</script>'), 400],
      ['that says to come back', error('temporarily_unavailable'), 503],
    ];
    it.each(refused)('%s logs nobody in', async (_, change, status) => {
      const answer = await callback(change(await begin()));
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(/evil|<script/);
      expect(await isLoggedIn()).toBe(false);
    });

    it('with a parameter twice logs nobody in', async () => {
      const good = await begin();
      const answer = await browser.get(`/callback?${new URLSearchParams(good)}&state=x`);
      expect(answer.status).toBe(400);
      expect(await isLoggedIn()).toBe(false);
    });

    it('for another browser logs nobody in', async () => {
      const theirs = await begin(new Browser(browser.origin));
      expect((await callback(theirs)).status).toBe(400);
      await begin();
      expect((await callback(theirs)).status).toBe(400);
      expect(await isLoggedIn()).toBe(false);
    });

    it('logs in once: again, and by the way back, it changes nothing', async () => {
      const good = await begin();
      const twin = browser.copy();
      await callback(good);
      const session = browser.cookies.get('web-app-session');
      expect((await callback(good)).to).toBe('/notifications');
      expect(browser.cookies.get('web-app-session')).toBe(session);
      expect((await callback(good, twin)).status).toBe(400);
      expect(await isLoggedIn(twin)).toBe(false);
    });

    it('that comes after ten minutes logs nobody in', async () => {
      const good = await begin();
      clock.advance('601s');
      expect((await callback(good)).status).toBe(400);
      expect(linesOf('POST /people/token')).toEqual([]);
    });

    it.each([
      ['made up', () => 'made-up'],
      ['with a changed time', (id: string) => id.replace(/^\d+/, (time) => String(+time + 5))],
      ['from the future', () => `99999999999.${'a'.repeat(43)}`],
    ])('for an attempt whose cookie is %s logs nobody in', async (_, change) => {
      const good = await begin();
      browser.cookies.set('web-app-login', change(browser.cookies.get('web-app-login') ?? ''));
      expect((await callback(good)).status).toBe(400);
      expect(await isLoggedIn()).toBe(false);
    });

    it.each<[string, () => void]>([
      ['of another issuer', () => (standIn.idToken = { iss: 'https://evil.example' })],
      ['for another client', () => (standIn.idToken = { aud: 'other-app' })],
      ['for another attempt', () => (standIn.idToken = { nonce: 'other' })],
      ['that has ended', () => (standIn.idToken = { exp: 1 })],
      ['that names nobody', () => (standIn.idToken = { sub: undefined })],
      ['whose subject is no URI', () => (standIn.idToken = { sub: '42' })],
      ['that somebody else signed', () => (standIn.idTokenKey = createTestKey('ES256', 'people'))],
    ])('with an ID token %s logs nobody in', async (_, change) => {
      change();
      expect((await callback(await begin())).status).toBe(400);
      expect(await isLoggedIn()).toBe(false);
    });

    it('of a provider that fails leaves the person logged out, and says that it is not their fault', async () => {
      const good = await begin();
      standIn.fault = { status: 500, error: 'server_error' };
      expect((await callback(good)).status).toBe(503);
      expect(await isLoggedIn()).toBe(false);
    });
  });

  describe('a session', () => {
    it('lives in cookies that no script reads and no form of another site brings', async () => {
      await logIn();
      const lines = browser.setCookies.filter((line) => !line.includes('1970'));
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) {
        expect(line).toMatch(/HttpOnly/);
        expect(line).toMatch(/SameSite=Lax/);
        expect(line).toMatch(/Path=\//);
        expect(line).not.toMatch(/Domain/i);
      }
    });

    it('is kept for nobody who has not logged in', async () => {
      await browser.get('/');
      await browser.get('/notifications');
      await browser.get('/login');
      expect([...browser.cookies.keys()]).toEqual(['web-app-login']);
    });

    it('gets a new id at every log-in, and the one before leads nowhere', async () => {
      browser.cookies.set('web-app-session', 'planted.by-somebody');
      await logIn();
      const first = browser.copy();
      expect(first.cookies.get('web-app-session')).not.toContain('planted');
      await logIn();
      expect(browser.cookies.get('web-app-session')).not.toBe(first.cookies.get('web-app-session'));
      expect(await isLoggedIn(first)).toBe(false);
      expect(await isLoggedIn()).toBe(true);
    });

    it.each([
      ['changed', (id: string) => `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`],
      ['unsigned', (id: string) => id.split('.')[0] ?? ''],
      ['very long', () => 'a'.repeat(4000)],
    ])('is not found by a cookie that is %s', async (_, change) => {
      await logIn();
      const thief = browser.copy();
      const id = thief.cookies.get('web-app-session') ?? '';
      thief.cookies.set('web-app-session', change(id));
      expect(await isLoggedIn(thief)).toBe(false);
    });

    it('ends when nobody uses it for half an hour, and goes on while somebody does', async () => {
      await logIn();
      clock.advance('29m');
      expect(await isLoggedIn()).toBe(true);
      clock.advance('29m');
      expect(await isLoggedIn()).toBe(true);
      clock.advance('31m');
      expect(await isLoggedIn()).toBe(false);
    });

    it('ends after eight hours whoever uses it', async () => {
      await logIn();
      for (let halves = 0; halves < 19; halves += 1) {
        clock.advance('25m');
        expect(await isLoggedIn()).toBe(true);
      }
      clock.advance('10m');
      expect(await isLoggedIn()).toBe(false);
    });

    it('is limited to ten of one user, of which the longest unused one goes', async () => {
      const browsers = Array.from({ length: 11 }, () => new Browser(browser.origin));
      for (const one of browsers) await logIn(one);
      expect(await isLoggedIn(browsers[0])).toBe(false);
      expect(await isLoggedIn(browsers[1])).toBe(true);
    });

    it('renews its tokens once for all requests, and goes on with them', async () => {
      await logIn();
      clock.advance('299s');
      const pages = await Promise.all([1, 2, 3].map(() => browser.get('/notifications')));
      expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(linesOf('POST /people/token')).toHaveLength(2);
      clock.advance('299s');
      expect((await browser.get('/notifications')).status).toBe(200);
      expect(linesOf('POST /people/token')).toHaveLength(3);
    });

    it('ends when the provider renews its tokens no longer', async () => {
      await logIn();
      clock.advance('299s');
      standIn.fault = { status: 400, error: 'invalid_grant' };
      expect((await browser.get('/notifications')).to).toBe('/?ended');
      expect(await isLoggedIn()).toBe(false);
      standIn.fault = undefined;
      await logIn();
    });

    it.each(['invalid_request', 'invalid_grant'])(
      'ends when the authorization server says %s to the exchange of its token',
      async (error) => {
        await logIn();
        standIn.fault = { status: 400, error };
        expect((await browser.get('/notifications')).to).toBe('/?ended');
        standIn.fault = undefined;
        expect(await isLoggedIn()).toBe(false);
        expect((await browser.get('/?ended')).status).toBe(200);
      },
    );

    it.each(['invalid_target', 'invalid_scope', 'unauthorized_client'])(
      'stays when the application itself may not have what it asks for (%s)',
      async (error) => {
        await logIn();
        standIn.fault = { status: 400, error };
        expect((await browser.get('/notifications')).status).toBe(502);
        standIn.fault = undefined;
        expect(await isLoggedIn()).toBe(true);
      },
    );

    it('stays while the provider is down', async () => {
      await logIn();
      clock.advance('299s');
      standIn.fault = { status: 503, error: 'temporarily_unavailable' };
      const page = await browser.get('/notifications');
      expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
      standIn.fault = undefined;
      expect((await browser.get('/notifications')).status).toBe(200);
    });
  });

  describe('a form', () => {
    it.each(['/notifications', '/logout'])(
      'to %s is refused without a token of this session',
      async (action) => {
        await logIn();
        const other = new Browser(browser.origin);
        await logIn(other);
        const { text } = await other.get('/notifications');
        const theirs = fieldsOf(text, action);
        for (const form of [{}, theirs, { ...theirs, form_token: '' }])
          expect((await browser.post(action, form as Record<string, string>)).status).toBe(403);
        expect(standIn.notifications.size).toBe(0);
        expect(await isLoggedIn()).toBe(true);
      },
    );

    it('of nobody who is logged in leads to the start', async () => {
      expect((await browser.post('/notifications', {})).to).toBe('/?ended');
      expect((await browser.post('/logout', {})).to).toBe('/?ended');
    });

    it('without its key, or with one that is none, sends nothing', async () => {
      await logIn();
      const { form_token = '' } = fieldsOf((await browser.get('/notifications')).text, '/logout');
      for (const form of [{ form_token }, { form_token, key: 'x\r\ny' }])
        expect((await browser.post('/notifications', form)).status).toBe(400);
      expect(standIn.notifications.size).toBe(0);
    });

    it('that is too large is refused', async () => {
      await logIn();
      expect((await browser.post('/notifications', { a: 'x'.repeat(20_000) })).status).toBe(413);
    });
  });

  describe('logging out', () => {
    const logOut = async () => {
      const { text } = await browser.get('/notifications');
      return browser.post('/logout', fieldsOf(text, '/logout'));
    };

    it('ends the session, gives the refresh token back, and goes on to the provider without a token', async () => {
      await logIn();
      const thief = browser.copy();
      const { to } = await logOut();
      expect(to).toBe(
        `${standIn.issuer}/logout?${new URLSearchParams({ client_id: 'web-app', post_logout_redirect_uri: publicUrl })}`,
      );
      expect(linesOf('POST /people/token/revocation')).toHaveLength(1);
      expect([...browser.cookies.keys()]).toEqual([]);
      expect(await isLoggedIn(thief)).toBe(false);
    });

    it('works while the provider is down', async () => {
      await logIn();
      const { text } = await browser.get('/notifications');
      await standIn.stop();
      const answer = await browser.post('/logout', fieldsOf(text, '/logout'));
      expect(answer.status).toBe(303);
      expect(await isLoggedIn()).toBe(false);
      await standIn.start();
    });
  });

  it('shows a refusal of Herald with its decision, and none of its words', async () => {
    await logIn();
    const body = { code: 'POLICY_REFUSED', decision: 'dec_1234567890', detail: 'evil words' };
    standIn.heraldFault = { status: 403, body };
    const answer = await send();
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('evil');
  });

  it('escapes what the provider says of the person', async () => {
    standIn.idToken = { name: '<img src=x onerror=alert(1)>' };
    await logIn();
    const { text } = await browser.get('/notifications');
    expect(text).not.toContain('<img src=x');
    expect(text).toContain('&lt;img src');
  });

  it('lets no page be framed, cached, scripted, or learn an address from a link', async () => {
    await logIn();
    for (const path of ['/', '/notifications', '/login', '/callback', '/nowhere']) {
      const { headers } = await browser.get(path);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; .*frame-ancestors 'none'$/,
      );
      expect(headers.get('content-security-policy')).not.toMatch(/script|unsafe/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each([
    ['/callback?code=%00&state=%ff', 400],
    [`/callback?${'a=b&'.repeat(1000)}`, 400],
    ['/callback?__proto__[x]=1', 400],
    ['/?ended[]=1&ended=2', 200],
    ['/..%2fetc/passwd', 404],
    ['/%zz', 400],
    ['/notifications/1', 404],
  ])('answers GET %s with %i, and the next request too', async (path, status) => {
    expect((await browser.get(path)).status).toBe(status);
    expect((await browser.get('/')).status).toBe(200);
  });

  it('shows the public half of its key, and nothing of the other', async () => {
    const { text } = await browser.get('/.well-known/jwks.json');
    const { keys } = JSON.parse(text) as { keys: Record<string, string>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
  });

  it('behind a proxy that ends TLS, has __Host- cookies that are never sent in the clear', async () => {
    await app.close();
    await start({ PUBLIC_URL: 'https://app.example/' });
    browser = new Browser(browser.origin, { 'x-forwarded-proto': 'https' });
    await logIn();
    expect([...browser.cookies.keys()]).toEqual(['__Host-web-app-session']);
    for (const line of browser.setCookies) expect(line).toMatch(/^__Host-.*; Secure/);
    const { headers } = await browser.get('/');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    // The header may be anybody's: this one comes through no proxy of ours.
    const inTheClear = new Browser(browser.origin);
    await callback(await begin(inTheClear), inTheClear);
    expect(inTheClear.cookies.has('__Host-web-app-session')).toBe(false);
  });
});
