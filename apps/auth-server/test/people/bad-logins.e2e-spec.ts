import { decodeJwt } from 'jose';

import { Application, postForm } from './an-application.js';
import {
  alice,
  aRegistry,
  authorizeUrl,
  aVerifier,
  callback,
  formOf,
  home,
  logIn,
  people,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

let server: PeopleServer;
let web: Application;
let other: Application;

beforeAll(async () => {
  const { registry } = await aRegistry();
  server = await startPeopleServer({ registry });
  web = new Application(server.running.url, 'web', secrets.web);
  other = new Application(server.running.url, 'other', secrets.other);
});
afterAll(() => server?.stop());
afterEach(() => jest.useRealTimers());

/** Lets time pass for the engine, which reads the clock of the process. */
function after(seconds: number): void {
  jest.useFakeTimers({
    now: Date.now() + seconds * 1000,
    doNotFake: [
      ...(['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'queueMicrotask'] as const),
      ...(['clearTimeout', 'clearInterval', 'clearImmediate', 'performance', 'hrtime'] as const),
    ],
  });
}

const challenge = () => aVerifier().challenge;
const open = (change: Record<string, string | undefined>) =>
  server.browser().open(authorizeUrl({ code_challenge: challenge(), ...change }));

describe('a code', () => {
  it('is good once: a second use ends all that came from it', async () => {
    const code = await web.code(server.browser());
    const { body } = await web.redeem(code);
    expect(await web.redeem(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await web.refresh(body['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    expect(await web.exchange(body['access_token'])).toMatchObject({ error: 'invalid_request' });
    expect(await userinfo(body['access_token'])).toBe(401);
  });

  it('is good once, however many ask at the same time', async () => {
    const code = await web.code(server.browser());
    const answers = await Promise.all(Array.from({ length: 8 }, () => web.redeem(code)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ error }) => error === 'invalid_grant').length).toBe(8 - won.length);
    for (const { body } of won) {
      expect(await web.exchange(body['access_token'])).toMatchObject({ error: 'invalid_request' });
    }
  });

  it('is good for a minute', async () => {
    const code = await web.code(server.browser());
    after(61);
    expect(await web.redeem(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('of one application is no good for another', async () => {
    const code = await web.code(server.browser());
    expect(await other.redeem(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await web.redeem(code)).toMatchObject({ status: 200 });
  });

  it.each([
    ['another redirect URI', { redirect_uri: 'https://web.example/other' }],
    ['another verifier', { code_verifier: aVerifier().verifier }],
    ['a verifier that is too short', { code_verifier: 'short' }],
    ['no verifier', { code_verifier: '' }],
    ['the challenge as a verifier', { code_verifier: challenge() }],
  ])('is refused with %s', async (_name, change) => {
    const code = await web.code(server.browser());
    const { status, error } = await web.redeem(code, change);
    expect(status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(error);
  });
});

describe('a refresh token', () => {
  it('is good once: a second use ends the whole family', async () => {
    const { refresh_token } = await web.tokens(server.browser());
    const { body } = await web.refresh(refresh_token);
    expect(await web.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect(await web.refresh(body['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    expect(await web.exchange(body['access_token'])).toMatchObject({ error: 'invalid_request' });
  });

  it('of one application is no good for another', async () => {
    const { refresh_token } = await web.tokens(server.browser());
    expect(await other.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect(await web.refresh(refresh_token)).toMatchObject({ status: 200 });
  });

  it('gets no scope that was not granted', async () => {
    const { refresh_token } = await web.tokens(server.browser(), { scope: 'openid' });
    const more = { scope: 'openid notifications:send' };
    expect(await web.refresh(refresh_token, more)).toMatchObject({ error: 'invalid_scope' });
  });

  it('ends when the application gives it back, and takes all with it', async () => {
    const { refresh_token, access_token } = await web.tokens(server.browser());
    const { status } = await web.post('/people/token/revocation', { token: String(refresh_token) });
    expect(status).toBe(200);
    expect(await web.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect(await web.exchange(access_token)).toMatchObject({ error: 'invalid_request' });
  });

  it('is what an application gives back: an access token is not', async () => {
    const { access_token } = await web.tokens(server.browser());
    const { error } = await web.post('/people/token/revocation', { token: String(access_token) });
    expect(error).toBe('unsupported_token_type');
  });

  it('is not given back by another application', async () => {
    const { refresh_token } = await web.tokens(server.browser());
    await other.post('/people/token/revocation', { token: String(refresh_token) });
    expect(await web.refresh(refresh_token)).toMatchObject({ status: 200 });
  });

  it('ends with the session', async () => {
    const { refresh_token } = await web.tokens(server.browser());
    after(12 * 3600 + 1);
    expect(await web.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a request to log in', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['an unknown client', { client_id: 'nobody' }],
    ['a client that nobody logs in to', { client_id: 'job' }],
    ['no client', { client_id: undefined }],
    ['a client id that is a URL', { client_id: 'https://evil.example/' }],
    ['another redirect URI', { redirect_uri: 'https://evil.example/' }],
    ['a redirect URI that goes on', { redirect_uri: `${callback}/more` }],
    ['a redirect URI with a query', { redirect_uri: `${callback}?a=b` }],
    ['a redirect URI with a fragment', { redirect_uri: `${callback}#a` }],
    ['a redirect URI with other letters', { redirect_uri: callback.toUpperCase() }],
    ['a redirect URI with a dot', { redirect_uri: 'https://web.example/a/../callback' }],
    ['a redirect URI with a user', { redirect_uri: 'https://web.example@evil.example/callback' }],
    ['a script', { redirect_uri: 'javascript:alert(1)' }],
    ['two slashes', { redirect_uri: '//evil.example' }],
    ['a backslash', { redirect_uri: '/\\evil.example' }],
    ['the redirect URI of another client', { redirect_uri: 'https://other.example/callback' }],
    ['no redirect URI', { redirect_uri: undefined }],
  ])('with %s is told to nobody but the person', async (_name, change) => {
    const { status, location, headers, text } = await open(change);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(location).toBe('');
    expect(headers.get('content-type')).toContain('text/html');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(text).not.toContain('evil.example');
  });

  it.each<[string, string, Record<string, string | undefined>]>([
    [
      'no challenge',
      'invalid_request',
      { code_challenge: undefined, code_challenge_method: undefined },
    ],
    ['a plain challenge', 'invalid_request', { code_challenge_method: 'plain' }],
    ['a challenge of no method', 'invalid_request', { code_challenge_method: undefined }],
    ['a short challenge', 'invalid_request', { code_challenge: 'short' }],
    ['a token at once', 'unsupported_response_type', { response_type: 'token' }],
    ['an ID token at once', 'unsupported_response_type', { response_type: 'id_token' }],
    ['a request object', 'request_not_supported', { request: 'a.b.c' }],
    [
      'an address of a request',
      'request_uri_not_supported',
      { request_uri: 'https://evil.example/' },
    ],
    ['another resource', 'invalid_target', { resource: 'https://herald.example/' }],
    ['no session and no prompt', 'login_required', { prompt: 'none' }],
    ['a prompt that is none', 'invalid_request', { prompt: 'none login' }],
    ['a negative age', 'invalid_request', { max_age: '-1' }],
    ['an age that is none', 'invalid_request', { max_age: 'soon' }],
    ['an unknown response mode', 'unsupported_response_mode', { response_mode: 'carrier_pigeon' }],
    ['a hint that is no token', 'invalid_request', { id_token_hint: 'no.jwt.really' }],
  ])('with %s gets %s', async (_name, error, change) => {
    const { status, location } = await open(change);
    expect(status).toBe(303);
    const url = new URL(location);
    expect(`${url.origin}${url.pathname}`).toBe(callback);
    const answer = url.hash ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;
    expect(Object.fromEntries(answer)).toMatchObject({ error, state: 'a state', iss: people });
    expect(answer.get('code')).toBeNull();
  });

  it.each(['client_id', 'redirect_uri', 'state', 'nonce', 'scope', 'code_challenge'])(
    'with %s twice is refused',
    async (name) => {
      const url = authorizeUrl({ code_challenge: challenge() });
      const twice = `${url}&${name}=${encodeURIComponent(new URL(url).searchParams.get(name) ?? '')}`;
      const { status, location } = await server.browser().open(twice);
      if (status === 303) expect(location).toContain('error=invalid_request');
      else expect(status).toBe(400);
    },
  );

  it('hands a long state and nonce back as they were', async () => {
    const [state, nonce] = ['é"><script>&=+ '.repeat(200), 'n'.repeat(2000)];
    const { verifier, challenge } = aVerifier();
    const asked = authorizeUrl({ code_challenge: challenge, state, nonce });
    const answer = await logIn(server.browser(), asked);
    expect(answer.searchParams.get('state')).toBe(state);
    const code = String(answer.searchParams.get('code'));
    const { body } = await web.redeem({ code, code_verifier: verifier, redirect_uri: callback });
    expect(decodeJwt(String(body['id_token']))['nonce']).toBe(nonce);
  });

  it('takes a state with characters that no database likes', async () => {
    const state = 'a\u0000b\ud83d\ude00';
    const answer = await logIn(
      server.browser(),
      authorizeUrl({ code_challenge: challenge(), state }),
    );
    expect(answer.searchParams.get('state')).toBe(state);
  });

  it('of a megabyte is refused before anybody reads it', async () => {
    const { status } = await open({ state: 's'.repeat(1_000_000) });
    expect(status).toBe(431);
  });

  it('leaves out scopes that its client may not ask for', async () => {
    const asked = {
      scope: 'openid notifications:send notifications:read admin:write offline_access',
    };
    const { access_token } = await web.tokens(server.browser(), asked);
    expect(decodeJwt(String(access_token))['scope']).toBe('openid notifications:send');
  });

  it('has a person log in again for max_age=0 and prompt=login', async () => {
    const browser = server.browser();
    await web.code(browser);
    for (const change of [{ max_age: '0' }, { prompt: 'login' }]) {
      after(2);
      const first = await browser.open(authorizeUrl({ code_challenge: challenge(), ...change }));
      expect(first.location).toContain('/people/interaction/');
      expect((await browser.open(first.location)).text).toContain('type="password"');
    }
  });

  it('with prompt=none is answered at once where somebody is logged in', async () => {
    const browser = server.browser();
    await web.code(browser);
    const asked = { code_challenge: challenge(), prompt: 'none' };
    const { location } = await browser.open(authorizeUrl(asked));
    expect(new URL(location).searchParams.get('code')).toBeTruthy();
  });
});

describe('a login', () => {
  it('is of the browser that began it', async () => {
    const { location } = await open({});
    expect((await server.browser().open(location)).status).toBe(400);
    const { email, password } = alice;
    const stolen = await server.browser().open(`${location}/login`, { email, password });
    expect(stolen.status).toBeGreaterThanOrEqual(400);
    expect(stolen.location).toBe('');
  });

  it('is one at a time: the cookie of one opens no other', async () => {
    const [mine, yours] = [server.browser(), server.browser()];
    await mine.open(authorizeUrl({ code_challenge: challenge() }));
    const { location } = await yours.open(authorizeUrl({ code_challenge: challenge() }));
    expect((await mine.open(location)).status).toBe(400);
  });

  it('needs cookies that this server signed', async () => {
    const browser = server.browser();
    const { location } = await browser.open(authorizeUrl({ code_challenge: challenge() }));
    for (const [key, cookie] of browser.cookies) {
      if (key.includes('.sig')) browser.cookies.set(key, { ...cookie, value: 'A'.repeat(27) });
    }
    expect((await browser.open(location)).status).toBe(400);
  });

  it('is over after half an hour', async () => {
    const browser = server.browser();
    const { location } = await browser.open(authorizeUrl({ code_challenge: challenge() }));
    // Ten seconds are for clocks that differ.
    after(1811);
    expect((await browser.open(location)).status).toBe(400);
  });

  it('that is refused tells the application so', async () => {
    const browser = server.browser();
    const { location } = await browser.open(authorizeUrl({ code_challenge: challenge() }));
    const { text } = await browser.open(location);
    const { action, csrf } = formOf(text.slice(text.lastIndexOf('<form')));
    const back = await browser.open(action, { csrf });
    const { location: answer } = await browser.open(back.location);
    expect(new URL(answer).searchParams.get('error')).toBe('access_denied');
  });

  it('gives its session another id', async () => {
    const browser = server.browser();
    const session = () =>
      [...browser.cookies].find(([key]) => key.startsWith('__Host-people_session '));
    await browser.open(authorizeUrl({ code_challenge: challenge() }));
    const before = session()?.[1].value;
    await web.code(browser);
    expect(session()?.[1].value).not.toBe(before);
  });

  it('sets cookies that no script, no other site and no other host has', async () => {
    const response = await fetch(
      new URL(
        authorizeUrl({ code_challenge: challenge() }).replace('https://auth.example', ''),
        server.running.url,
      ),
      { redirect: 'manual' },
    );
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; secure/i);
      expect(cookie).toMatch(/; httponly/i);
      expect(cookie).toMatch(/; samesite=lax/i);
      expect(cookie).toMatch(/^__(Host|Secure)-/);
      expect(cookie).not.toMatch(/; domain=/i);
    }
  });
});

describe('a logout', () => {
  const leave = async (change: Record<string, string> = {}) => {
    const browser = server.browser();
    const tokens = await web.tokens(browser);
    const asked = new URLSearchParams({
      id_token_hint: String(tokens['id_token']),
      post_logout_redirect_uri: home,
      state: 'bye',
      ...change,
    });
    return { browser, tokens, page: await browser.open(`${people}/logout?${asked}`) };
  };
  const xsrfOf = (text: string) => String(/name="xsrf" value="([^"]*)"/.exec(text)?.[1]);

  it('ends the session and all that came from it, at once', async () => {
    const { browser, tokens, page } = await leave();
    const xsrf = xsrfOf(page.text);
    const answer = await browser.open(`${people}/logout/confirm`, { xsrf, logout: 'yes' });
    expect(answer.location).toBe(`${home}?state=bye`);
    expect(await web.exchange(tokens['access_token'])).toMatchObject({ error: 'invalid_request' });
    expect(await web.refresh(tokens['refresh_token'])).toMatchObject({ error: 'invalid_grant' });
    expect(await userinfo(tokens['access_token'])).toBe(401);
    const again = await browser.open(authorizeUrl({ code_challenge: challenge(), prompt: 'none' }));
    expect(new URL(again.location).searchParams.get('error')).toBe('login_required');
  });

  it('is not done by another site', async () => {
    const { browser, tokens } = await leave();
    for (const form of [{ logout: 'yes' }, { logout: 'yes', xsrf: 'guessed' }]) {
      const { status } = await browser.open(`${people}/logout/confirm`, form);
      expect(status).toBe(400);
    }
    expect((await web.exchange(tokens['access_token'])).status).toBe(200);
  });

  it.each([
    ['another address', { post_logout_redirect_uri: 'https://evil.example/' }],
    ['a hint that nobody signed', { id_token_hint: 'a.b.c' }],
    ['another client than the hint is of', { client_id: 'other' }],
  ])('with %s is refused', async (_name, change) => {
    const { page } = await leave(change);
    expect([page.status, page.location]).toEqual([400, '']);
    expect(page.text).not.toContain('evil.example');
  });
});

describe('what a token is not', () => {
  it('an access token opens nothing of ours but the exchange', async () => {
    const { access_token } = await web.tokens(server.browser());
    const response = await fetch(new URL('/admin/whoami', server.running.url), {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(response.status).toBe(401);
  });

  it.each(['GET', 'POST'])(
    'userinfo by %s without a token, and with a wrong one, is 401',
    async (method) => {
      for (const authorization of [undefined, 'Bearer a.b.c', 'Basic YTpi']) {
        const headers: Record<string, string> =
          authorization === undefined ? {} : { authorization };
        const response = await fetch(new URL('/people/userinfo', server.running.url), {
          method,
          headers,
        });
        expect([400, 401]).toContain(response.status);
        expect(response.headers.get('www-authenticate')).toContain('Bearer');
      }
    },
  );

  it('userinfo takes no ID token', async () => {
    const { id_token } = await web.tokens(server.browser());
    expect(await userinfo(id_token)).toBe(401);
  });
});

it('begins so many logins for an address, and no more', async () => {
  const { registry } = await aRegistry();
  const limited = await startPeopleServer({ registry, env: { RATE_LIMIT_LOGINS: '3' } });
  const begin = async () => {
    const { status, headers } = await limited.browser().open(authorizeUrl());
    return { status, type: headers.get('content-type'), wait: headers.get('retry-after') };
  };
  for (let at = 0; at < 3; at += 1) expect((await begin()).status).not.toBe(429);
  expect(await begin()).toMatchObject({ status: 429, type: 'text/html; charset=utf-8' });
  expect(Number((await begin()).wait)).toBeGreaterThan(0);
  await limited.stop();
});

it('writes no secret down', async () => {
  const browser = server.browser();
  const { refresh_token, access_token, id_token } = await web.tokens(browser);
  await web.refresh('misspelt');
  const { email, password } = alice;
  await postForm(
    new URL('/people/token', server.running.url),
    `client_id=web&client_secret=${secrets.web}x&grant_type=refresh_token`,
  );
  const said = server.lines.join('\n');
  for (const value of [refresh_token, access_token, id_token, password, secrets.web]) {
    expect(said).not.toContain(value);
  }
  expect(said).not.toContain(email);
  for (const { value } of browser.cookies.values()) expect(said).not.toContain(value);
});

async function userinfo(token: string | undefined): Promise<number> {
  const response = await fetch(new URL('/people/userinfo', server.running.url), {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.status;
}
