import { herald, logIn, aVerifier, authorizeUrl, scope } from './start-people-server.js';
import type { Browser } from './a-browser.js';

/** What an endpoint answers. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, string>>;
  readonly error: string | undefined;
}

/** A code, and what has to be shown with it. */
export interface Code {
  readonly code: string;
  readonly code_verifier: string;
  readonly redirect_uri: string;
}

/** An application that people log in to, by its id and secret. */
export class Application {
  readonly callback: string;

  constructor(
    /** Where the server listens. */
    public base: string,
    readonly id: string,
    private readonly secret: string,
  ) {
    this.callback = `https://${id}.example/callback`;
  }

  /** Has somebody log in. */
  async code(browser: Browser, change: Record<string, string> = {}): Promise<Code> {
    const { verifier, challenge } = aVerifier();
    const { id, callback } = this;
    const asked = { client_id: id, redirect_uri: callback, code_challenge: challenge, scope };
    const answer = await logIn(browser, authorizeUrl({ ...asked, ...change }));
    const code = answer.searchParams.get('code');
    if (code === null) throw new Error(answer.href);
    return { code, code_verifier: verifier, redirect_uri: this.callback };
  }

  /** Redeems a code. */
  redeem(code: Code, change: Record<string, string> = {}): Promise<Answer> {
    return this.post('/people/token', { grant_type: 'authorization_code', ...code, ...change });
  }

  /** Logs somebody in, and has the tokens. */
  async tokens(browser: Browser, change: Record<string, string> = {}): Promise<Answer['body']> {
    const { body } = await this.redeem(await this.code(browser, change));
    return body;
  }

  /** Uses a refresh token. */
  refresh(token: string | undefined, change: Record<string, string> = {}): Promise<Answer> {
    const refresh_token = String(token);
    return this.post('/people/token', { grant_type: 'refresh_token', refresh_token, ...change });
  }

  /** Exchanges a token for one at Herald. */
  exchange(token: string | undefined, change: Record<string, string> = {}): Promise<Answer> {
    return this.post('/oauth2/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: String(token),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: herald,
      ...change,
    });
  }

  /** Posts a form with its credentials. */
  async post(path: string, form: Record<string, string>): Promise<Answer> {
    const { id, secret } = this;
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    return postForm(new URL(path, this.base), new URLSearchParams(form), { authorization });
  }
}

/** Posts a form. */
export async function postForm(
  url: URL,
  body: URLSearchParams | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...type, ...headers },
    body: body.toString(),
  });
  const text = await response.text();
  const read = (text === '' ? {} : JSON.parse(text)) as Answer['body'];
  const { status } = response;
  return { status, headers: response.headers, body: read, error: read['error'] };
}
