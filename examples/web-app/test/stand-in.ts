import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { compactJwt, createTestKey } from '@countersign/testing';
import { parseToken } from '@countersign/token';

interface Begun {
  readonly challenge: string;
  readonly nonce: string;
}
type Json = Record<string, unknown>;

/**
 * Stands in for the provider, the authorization server and Herald: as strict as they are where it
 * matters here (PKCE, codes and refresh tokens for one use), and as hostile as a test wants it.
 */
export class StandIn {
  readonly user = 'https://census.example/user/42/';
  readonly asked: {
    readonly line: string;
    readonly form: Record<string, string>;
    headers: object;
  }[] = [];
  /** Sent by Herald's idempotency key. */
  readonly notifications = new Map<string, Json>();
  /** Goes over what the ID token says. */
  idToken: Json = {};
  idTokenKey = createTestKey('ES256', 'people');
  /** Seconds of an access token. */
  lifetime = 300;
  /** How the token endpoints answer, unless well. */
  fault: { readonly status: number; readonly error: string } | undefined;
  heraldFault: { readonly status: number; readonly body: Json } | undefined;
  origin = '';
  readonly #key = this.idTokenKey;
  readonly #codes = new Map<string, Begun>();
  readonly #refreshTokens = new Set<string>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get issuer(): string {
    return `${this.origin}/people`;
  }

  /** What a browser is sent back with when the person said yes on the page of this address. */
  answerTo(loginUrl: string): { code: string; state: string; iss: string } {
    const { searchParams } = new URL(loginUrl);
    const code = randomUUID();
    this.#codes.set(code, {
      challenge: searchParams.get('code_challenge') ?? '',
      nonce: searchParams.get('nonce') ?? '',
    });
    return { code, state: searchParams.get('state') ?? '', iss: this.issuer };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const form = Object.fromEntries(new URLSearchParams(text));
    const line = `${request.method} ${request.url}`;
    this.asked.push({ line, form, headers: request.headers });
    const { status = 200, ...body } = this.#say(line, text, form, request);
    response.writeHead(status as number, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  #say(line: string, text: string, form: Record<string, string>, request: IncomingMessage): Json {
    switch (line.split('?')[0]) {
      case 'GET /people/.well-known/openid-configuration':
        return {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          revocation_endpoint: `${this.issuer}/token/revocation`,
          end_session_endpoint: `${this.issuer}/logout`,
          jwks_uri: `${this.issuer}/jwks`,
          id_token_signing_alg_values_supported: ['ES256'],
          authorization_response_iss_parameter_supported: true,
        };
      case 'GET /people/jwks':
        return { keys: [this.#key.jwk] };
      case 'POST /people/token':
        return this.fault ?? this.#token(form);
      case 'POST /people/token/revocation':
        return {};
      case 'GET /.well-known/oauth-authorization-server':
        return { issuer: this.origin, token_endpoint: `${this.origin}/oauth2/token` };
      case 'POST /oauth2/token':
        return this.fault ?? exchanged(form);
      case 'POST /notification/':
        return this.heraldFault
          ? { ...this.heraldFault.body, status: this.heraldFault.status }
          : this.#notify(request, JSON.parse(text) as Json);
      case 'GET /notification/':
        return { notifications: [...this.notifications.values()].reverse() };
      default:
        return { status: 404 };
    }
  }

  #token(form: Record<string, string>): Json {
    const isKnown =
      form['grant_type'] === 'refresh_token'
        ? this.#refreshTokens.delete(form['refresh_token'] ?? '')
        : true;
    const begun = this.#codes.get(form['code'] ?? '');
    this.#codes.delete(form['code'] ?? '');
    const challenge = createHash('sha256')
      .update(form['code_verifier'] ?? '')
      .digest('base64url');
    const isCode = form['grant_type'] === 'authorization_code';
    if (!isKnown || (isCode && begun?.challenge !== challenge))
      return { status: 400, error: 'invalid_grant' };
    const refreshToken = randomUUID();
    this.#refreshTokens.add(refreshToken);
    return {
      access_token: `people-${randomUUID()}`,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: this.lifetime,
      ...(begun && { id_token: this.#idToken(begun.nonce) }),
    };
  }

  #idToken(nonce: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: this.user, aud: 'web-app', iat, exp: iat + 60, nonce };
    const named = { name: 'Bruno Blue', ...this.idToken };
    return compactJwt({ alg: 'ES256', kid: 'people' }, { ...claims, ...named }, this.idTokenKey);
  }

  #notify(request: IncomingMessage, { user, type }: Json): Json {
    const key = String(request.headers['idempotency-key']);
    const known = this.notifications.get(key);
    const uri = `${this.origin}/notification/${randomUUID()}`;
    const createdAt = '2026-11-28T20:00:00.000Z';
    const made = known ?? { uri, user, type, state: 'pending', createdAt };
    this.notifications.set(key, made);
    return { ...made, status: 201 };
  }
}

function exchanged(form: Record<string, string>): Json {
  return {
    access_token: `herald-for-${form['subject_token']}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 300,
    scope: form['scope'],
  };
}

/** What a client assertion in a form says. */
export const assertionIn = (form: Record<string, string>) =>
  parseToken(form['client_assertion'] ?? '');
