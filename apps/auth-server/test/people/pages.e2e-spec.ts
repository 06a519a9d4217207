import { createHash, randomBytes } from 'node:crypto';

import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { until } from '@countersign/testing';

import { pageHeaders } from '../../src/people/pages/page-headers.js';
import { startHeraldStandIn } from './a-herald.js';
import type { Browser, Opened } from './a-browser.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  aVerifier,
  callback,
  formOf,
  issuer,
  logIn,
  startPeopleServer,
  users,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

const opsSecret = randomBytes(32).toString('base64url');
const ops = {
  id: 'ops',
  secrets: [{ label: 'now', sha256: createHash('sha256').update(opsSecret).digest('base64url') }],
  grants: [{ service: 'admin', scopes: ['admin:read', 'admin:write'] }],
};

describe.each(testEngines)('pages of people on $engine', ({ start }) => {
  let databases: TestDatabases;
  let server: PeopleServer;
  let herald: Awaited<ReturnType<typeof startHeraldStandIn>>;
  beforeAll(async () => {
    databases = await start();
    herald = await startHeraldStandIn();
    const { registry } = await aRegistry();
    const url = await databases.url('pages');
    server = await startPeopleServer({
      registry: { ...registry, clients: [...registry.clients, ops] },
      env: {
        HERALD_URL: herald.url,
        LOGIN_ATTEMPTS_PER_ADDRESS: '0',
        PASSWORD_RESETS_PER_ADDRESS: '6',
        ...(url === undefined ? {} : { DATABASE_URL: url }),
      },
    });
    herald.believe(server.running.url);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await herald?.stop();
    await databases?.stop();
  });

  const authorize = (change: Record<string, string> = {}) =>
    authorizeUrl({ code_challenge: aVerifier().challenge, ...change });
  /** A page of a new login, and the browser that has it. */
  const loginPage = async (
    change: Record<string, string> = {},
    browser = server.browser(),
  ): Promise<{ browser: Browser; page: Opened; at: string }> => {
    const { location } = await browser.open(authorize(change));
    return { browser, page: await browser.open(location), at: location };
  };
  const newPassword = () => `${randomBytes(12).toString('base64url')} 1`;
  const opsToken = async (): Promise<string> => {
    const response = await fetch(new URL('/oauth2/token', server.running.url), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`ops:${opsSecret}`)}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: `${issuer}/admin`,
      }),
    });
    return String(((await response.json()) as Record<string, unknown>)['access_token']);
  };
  const admin = async (
    path: string,
    {
      method = 'GET',
      body,
      headers = {},
    }: { method?: string; body?: object; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(new URL(`/admin/${path}`, server.running.url), {
      method,
      headers: {
        authorization: `Bearer ${await opsToken()}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, never>,
    };
  };
  const linkTo = (email: string): string | undefined =>
    herald.asked.findLast(({ body }) => body['email'] === email)?.body['link'];
  const asked = () => herald.asked.length;
  const invite = async (number: number, email = `p${number}@example.com`) => {
    const before = asked();
    const made = await admin('people', {
      method: 'POST',
      body: { user: `${users}${number}/`, email, name: 'Bob' },
    });
    expect(made.status).toBe(201);
    await until(() => asked() > before);
    return { id: String(made.body['id']), etag: made.headers.get('etag') ?? '', email };
  };

  it('shows a login that loads nothing, is kept by nobody and framed by nobody', async () => {
    const { page } = await loginPage();
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' https:\/\/web\.example; frame-ancestors 'none'; base-uri 'none'$/,
    );
    for (const [name, value] of Object.entries(pageHeaders(['https://web.example']))) {
      expect([name, page.headers.get(name)]).toEqual([name, value]);
    }
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(page.text) ?? [];
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(page.text).not.toMatch(/<script|style=|onclick|javascript:|<img|<link/);
  });

  it('sets cookies that no script reads and no other site’s form sends', async () => {
    const { browser, page } = await loginPage();
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-countersign-form=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
    expect((await browser.open('/people/reset')).headers.getSetCookie()).toEqual([]);
  });

  it.each([
    ['login', async () => (await loginPage()).page],
    ['forgotten password', () => server.browser().open('/people/reset')],
  ])('is read aloud: language, title, a label for each field (%s)', async (_what, open) => {
    const { text } = await open();
    expect(text).toContain('<html lang="en">');
    expect(text).toMatch(/<title>[^<]+ – auth\.example<\/title>/);
    const fields = [...text.matchAll(/<input id="([^"]+)"/g)].map(([, id]) => id);
    expect(fields.length).toBeGreaterThan(0);
    for (const id of fields) expect(text).toContain(`<label for="${id}">`);
    expect(text).toContain('autocomplete="username"');
  });

  it('writes what a request says as text', async () => {
    const hint = '"><script>alert(1)</script>';
    const { page } = await loginPage({ login_hint: hint });
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(page.text).toContain('<strong>Web &lt;app&gt;</strong>');
  });

  it('says the same of a wrong password and of nobody', async () => {
    const answers: string[] = [];
    for (const email of [alice.email, 'nobody@example.com']) {
      const { browser, page } = await loginPage();
      const { action, csrf } = formOf(page.text);
      const wrong = await browser.open(action, { csrf, email, password: 'wrong wrong wrong' });
      expect(wrong.status).toBe(401);
      expect(wrong.text).toContain('<a href="#email">');
      expect(wrong.text).not.toContain('wrong wrong wrong');
      answers.push(
        wrong.text
          .replaceAll(email, 'E')
          .replace(/interaction\/[\w-]+/g, 'I')
          .replace(/value="[\w-]{43}"/g, 'T'),
      );
    }
    expect(answers[0]).toBe(answers[1]);
  });

  it('slows guessing down (429), and lets nobody in meanwhile', async () => {
    const { email } = await invite(90);
    const link = linkTo(email) ?? '';
    const setting = server.browser();
    const { action: to, csrf: token } = formOf((await setting.open(link)).text);
    const password = newPassword();
    await setting.open(to, { csrf: token, password, repeat: password });
    const { browser, page } = await loginPage();
    const { action, csrf } = formOf(page.text);
    for (let n = 0; n < 5; n += 1) {
      const answer = await browser.open(action, { csrf, email, password: 'wrong wrong wrong' });
      expect(answer.status).toBe(401);
    }
    const slowed = await browser.open(action, { csrf, email, password });
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(slowed.text).toContain('Too many attempts. Wait');
    // Where the password was set is known, and waits for nobody.
    const own = await loginPage({}, setting);
    const form = formOf(own.page.text);
    const open = await setting.open(form.action, { csrf: form.csrf, email, password });
    expect(open.status).toBe(303);
  });

  describe('refuses a form', () => {
    const { email, password } = alice;
    it.each<[string, (page: Opened, browser: Browser) => Promise<Opened>, number]>([
      [
        'without its token',
        (page, browser) => browser.open(formOf(page.text).action, { email, password }),
        403,
      ],
      [
        'with the token of another form',
        async (page, browser) => {
          const { csrf } = formOf((await browser.open('/people/reset')).text);
          return browser.open(formOf(page.text).action, { csrf, email, password });
        },
        403,
      ],
      [
        'with the token of another browser',
        async (page, browser) => {
          const { csrf } = formOf((await server.browser().open('/people/reset')).text);
          return browser.open(formOf(page.text).action, { csrf, email, password });
        },
        403,
      ],
      [
        'that another site posts',
        (page, browser) => {
          const { action, csrf } = formOf(page.text);
          return browser.open(
            action,
            { csrf, email, password },
            { 'sec-fetch-site': 'cross-site' },
          );
        },
        403,
      ],
      [
        'of a login of another browser',
        (page) => {
          const { action, csrf } = formOf(page.text);
          return server.browser().open(action, { csrf, email, password });
        },
        400,
      ],
      [
        'that is none',
        (page, browser) =>
          browser.open(formOf(page.text).action, {}, { 'content-type': 'application/json' }),
        400,
      ],
    ])('%s', async (_what, post, status) => {
      const { browser, page } = await loginPage();
      const answer = await post(page, browser);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html|^application\/problem/);
      expect(answer.location).toBe('');
    });
  });

  it('goes back without a login when somebody cancels, or does not allow', async () => {
    const cancelled = await loginPage();
    const [, action = '', csrf = ''] =
      /id="cancel-form" method="post" action="([^"]+)">\s*<input type="hidden" name="csrf" value="([^"]+)"/.exec(
        cancelled.page.text,
      ) ?? [];
    const { location } = await cancelled.browser.open(action, { csrf });
    const back = await cancelled.browser.open(location);
    expect(back.location).toContain(`${callback}?error=access_denied`);

    const { browser, page } = await loginPage();
    const login = formOf(page.text);
    const { email, password } = alice;
    const next = await browser.open(login.action, { csrf: login.csrf, email, password });
    const consentAt = (await browser.open(next.location)).location;
    const consent = formOf((await browser.open(consentAt)).text);
    const denied = await browser.open(consent.action, { csrf: consent.csrf, decision: 'deny' });
    const end = await browser.open(denied.location);
    expect(end.location).toContain('error=access_denied');
  });

  it('invites by Herald, as itself; the link sets a password, and that logs in', async () => {
    const { id, email } = await invite(21, 'Bob@Example.com').then((made) => ({
      ...made,
      email: 'bob@example.com',
    }));
    const last = herald.asked.at(-1);
    expect(last).toMatchObject({
      body: { user: `${users}21/`, email, type: 'invitation' },
      claims: { sub: '~auth-server', client_id: '~auth-server', scope: 'notifications:links' },
    });
    const link = String(last?.body['link']);
    expect(link).toMatch(/^https:\/\/auth\.example\/people\/invitation\/[\w-]{43}$/);

    const browser = server.browser();
    // Scanners of mail open links: it is still good then.
    for (let n = 0; n < 3; n += 1) expect((await browser.open(link)).status).toBe(200);
    const { text } = await browser.open(link);
    expect(text).toContain(`value="${email}"`);
    expect(text.match(/autocomplete="new-password"/g)).toHaveLength(2);
    const { action, csrf } = formOf(text);
    const short = await browser.open(action, { csrf, password: 'short', repeat: 'short' });
    expect(short.status).toBe(422);
    expect(short.text).toContain('<a href="#password">Use at least 12 characters.</a>');
    const two = await browser.open(action, { csrf, password: newPassword(), repeat: 'other' });
    expect(two.text).toContain('<a href="#repeat">');
    const password = newPassword();
    const set = await browser.open(action, { csrf, password, repeat: password });
    expect(set).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your password is set'),
    });
    expect((await browser.open(link)).status).toBe(404);

    const url = await logIn(browser, authorize(), { ...alice, email, password });
    expect(url.searchParams.get('code')).toBeTruthy();
    expect(await admin(`people/${id}`)).toMatchObject({
      body: { state: 'active', emailVerified: true },
    });
    const log = server.lines.join('');
    for (const secret of [password, link.slice(-43), csrf]) expect(log).not.toContain(secret);
  });

  it('answers the same to whoever has forgotten a password, and logs out whom it was', async () => {
    const { email } = await invite(30);
    const browser = server.browser();
    const first = formOf((await browser.open(linkTo(email) ?? '')).text);
    const password = newPassword();
    await browser.open(first.action, { csrf: first.csrf, password, repeat: password });
    await logIn(browser, authorize(), { ...alice, email, password });
    expect((await browser.open(authorize({ prompt: 'none' }))).location).toContain('code=');

    const stranger = server.browser();
    const { action, csrf } = formOf((await stranger.open('/people/reset')).text);
    const before = asked();
    const known = await stranger.open(action, { csrf, email });
    const unknown = await stranger.open(action, { csrf, email: 'nobody@example.com' });
    expect(known).toMatchObject({ status: 200, text: unknown.text });
    expect(known.text).not.toContain(email);
    await until(() => asked() > before);
    const link = linkTo(email) ?? '';
    expect(link).toContain('/people/password/');
    // Nothing has happened yet: whoever asked may have been anybody.
    expect((await browser.open(authorize({ prompt: 'none' }))).location).toContain('code=');

    const reset = formOf((await stranger.open(link)).text);
    const next = newPassword();
    await stranger.open(reset.action, { csrf: reset.csrf, password: next, repeat: next });
    expect((await browser.open(authorize({ prompt: 'none' }))).location).toContain(
      'error=login_required',
    );
    const url = await logIn(server.browser(), authorize(), { ...alice, email, password: next });
    expect(url.searchParams.get('code')).toBeTruthy();
  });

  it('bounds the mails that one address may ask for', async () => {
    const browser = server.browser();
    const { action, csrf } = formOf((await browser.open('/people/reset')).text);
    let last: Opened | undefined;
    for (let n = 0; n < 7; n += 1) {
      last = await browser.open(action, { csrf, email: 'nobody@example.com' });
    }
    expect(last?.status).toBe(429);
    expect(last?.headers.get('retry-after')).toBeTruthy();
  });

  it('loses no invitation while Herald is away', async () => {
    herald.answer(503);
    const before = asked();
    const made = await admin('people', {
      method: 'POST',
      body: { user: `${users}40/`, email: 'late@example.com' },
    });
    expect(made.status).toBe(201);
    herald.answer(201);
    // By hand, because nobody waits for its own pace here.
    const again = await admin(`people/${made.body['id']}/invitation`, { method: 'POST' });
    expect(again.status).toBe(202);
    await until(() => asked() > before);
    expect(linkTo('late@example.com')).toBeDefined();
  });

  it.each(['x', '..%2f..%2fadmin', 'a'.repeat(43), '%00', `${'a'.repeat(400)}`])(
    'shows nothing behind a link that is none: %.20s',
    async (token) => {
      for (const kind of ['invitation', 'password']) {
        const { status, text } = await server.browser().open(`/people/${kind}/${token}`);
        expect([400, 404]).toContain(status);
        expect(text).not.toContain('csrf');
      }
    },
  );

  describe('the admin API of people', () => {
    const body = (number: number) => ({
      user: `${users}${number}/`,
      email: `q${number}@example.com`,
    });
    const add = (document: object) => admin('people', { method: 'POST', body: document });

    it('asks for the scopes of its readers and writers', async () => {
      const response = await fetch(new URL('/admin/people', server.running.url));
      expect(response.status).toBe(401);
      const { body: description } = await admin('openapi.json');
      expect(JSON.stringify(Object.keys(description['paths'] ?? {}))).toContain('/admin/people');
    });

    it.each<[string, object, string]>([
      ['a user of nobody’s', { ...body(50), user: 'https://evil.example/user/1/' }, '/user'],
      [
        'an address that is a list',
        { ...body(50), email: 'a@example.com, b@example.com' },
        '/email',
      ],
      [
        'a line break in an address',
        { ...body(50), email: 'a@example.com\nBcc: b@c.de' },
        '/email',
      ],
      ['a control character in a name', { ...body(50), name: 'a\u0007' }, '/name'],
      ['a password', { ...body(50), password: 'not here' }, '/password'],
      ['no user', { email: 'a@example.com' }, '/user'],
    ])('refuses %s, naming the member', async (_what, document, pointer) => {
      const { status, body: problem } = await add(document);
      expect({ status, problem }).toMatchObject({
        status: 400,
        problem: { code: 'REQUEST_INVALID', errors: [{ pointer }] },
      });
    });

    it('makes, shows, lists, changes and removes; each with the version that was seen', async () => {
      const made = await add(body(60));
      expect(made).toMatchObject({ status: 201, body: { state: 'invited', emailVerified: false } });
      expect((await add(body(60))).status).toBe(409);
      const path = String(made.headers.get('location')).replace('/admin/', '');
      const etag = made.headers.get('etag') ?? '';
      const list = await admin('people?limit=200');
      expect(list.body['items']).toContainEqual(made.body);
      expect(JSON.stringify(list.body)).not.toMatch(/argon|\$/);

      const change = { email: 'q60@example.com', name: 'Q', disabled: true };
      const put = (headers: Record<string, string>) =>
        admin(path, { method: 'PUT', body: change, headers });
      expect((await put({})).status).toBe(428);
      const changed = await put({ 'if-match': etag });
      expect(changed).toMatchObject({ status: 200, body: { state: 'disabled', name: 'Q' } });
      expect((await put({ 'if-match': etag })).status).toBe(412);
      expect((await admin(`${path}/invitation`, { method: 'POST' })).status).toBe(409);

      const remove = (seen: string) =>
        admin(path, { method: 'DELETE', headers: { 'if-match': seen } });
      expect((await remove(etag)).status).toBe(412);
      expect((await remove(changed.headers.get('etag') ?? '')).status).toBe(204);
      expect((await admin(path)).status).toBe(404);
    });

    it('writes down who did what to whom', async () => {
      await add(body(70));
      let events: Record<string, unknown>[] = [];
      await until(async () => {
        const { body: page } = await admin('audit?event=people.added&limit=200');
        events = page['items'] ?? page['events'] ?? [];
        return events.some(({ subject }) => subject === `${users}70/`);
      });
      expect(events.find(({ subject }) => subject === `${users}70/`)).toMatchObject({
        actor: 'ops',
      });
    });

    it.each([
      'people/x',
      'people/00000000-0000-0000-0000-00000000000G',
      'people?limit=0',
      'people?sort=email',
    ])('refuses %s', async (path) => {
      expect((await admin(path)).status).toBe(400);
    });
  });
});
