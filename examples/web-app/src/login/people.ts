/**
 * The provider that people log in at, through openid-client. Knows nothing of browsers and sessions:
 * what goes out are URLs, what comes back is checked before it counts.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isCanonicalUri, isLoopbackHost, privateKeyJwt } from '@countersign/token';
import * as openid from 'openid-client';

import { PARTS, type Parts } from '../parts.js';
import type { LoginAttempt } from './login-attempts.js';
import { LoginError } from './login-error.js';
import { loginErrorOf } from './login-error-of.js';
import { openidAuthentication } from './openid-authentication.js';

/** Tokens of a user. They stay in this process. */
export interface UserTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** End of the access token; seconds since the epoch. */
  readonly expiresAt: number;
}

/** Who logged in, as the ID token says. */
export interface User {
  /** Its `sub`: the user's URI in Census. */
  readonly uri: string;
  /** What to call them on a page. */
  readonly name: string;
}

const timeoutSeconds = 5;

/** What the person is asked to let this application do; the token that is exchanged carries it. */
export const heraldScopes = ['notifications:send', 'notifications:read'] as const;
const scope = ['openid', 'profile', 'email', ...heraldScopes].join(' ');

/** The OpenID provider. Every method rejects with a LoginError. */
@Injectable()
export class People {
  #found: Promise<openid.Configuration> | undefined;

  constructor(@Inject(PARTS) private readonly parts: Parts) {}

  /** Where to send a browser that wants to log in. */
  async loginUrl({ state, nonce, codeVerifier }: LoginAttempt): Promise<URL> {
    const provider = await this.#provider();
    return openid.buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  /**
   * Checks the provider's answer (`iss` by RFC 9207, `state`), trades its code and checks the ID token:
   * signature, `iss`, `aud`, `exp`, `nonce`.
   * @param query Of the callback, as the browser brought it.
   */
  async complete(
    query: string,
    attempt: LoginAttempt,
  ): Promise<{ readonly user: User; readonly tokens: UserTokens }> {
    const provider = await this.#provider();
    const answer = new URL(this.#redirectUri);
    answer.search = query;
    const since = this.parts.clock.now();
    const checks = {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.codeVerifier,
      idTokenExpected: true,
    };
    const given = await openid
      .authorizationCodeGrant(provider, answer, checks)
      .catch((error: unknown) => {
        throw loginErrorOf(error);
      });
    return { user: userIn(given.claims()), tokens: tokensIn(given, since) };
  }

  /** New tokens for those that ended. Refuses (`refused`) what the provider takes no longer. */
  async renew(refreshToken: string, { uri }: User): Promise<UserTokens> {
    const provider = await this.#provider();
    const since = this.parts.clock.now();
    const given = await openid.refreshTokenGrant(provider, refreshToken).catch((error: unknown) => {
      throw loginErrorOf(error);
    });
    // OpenID Connect Core, section 12.2: it must be the same person.
    const { sub = uri } = given.claims() ?? {};
    if (sub !== uri) throw new LoginError('refused', 'the renewed tokens are of somebody else');
    return tokensIn(given, since, refreshToken);
  }

  /** Tells the provider that a refresh token is not needed any more, where it wants to know. */
  async forget(refreshToken: string): Promise<void> {
    const provider = await this.#provider();
    if (provider.serverMetadata().revocation_endpoint === undefined) return;
    await openid.tokenRevocation(provider, refreshToken).catch((error: unknown) => {
      throw loginErrorOf(error);
    });
  }

  /** Where to send a browser to log out at the provider too; `undefined` where there is no such place. */
  async logoutUrl(): Promise<URL | undefined> {
    const provider = await this.#provider();
    if (provider.serverMetadata().end_session_endpoint === undefined) return undefined;
    // Without `id_token_hint`: a token would stand in the history and the logs of everybody on the way.
    const { publicUrl, clientId } = this.parts.settings;
    return openid.buildEndSessionUrl(provider, {
      client_id: clientId,
      post_logout_redirect_uri: publicUrl,
    });
  }

  get #redirectUri(): string {
    return new URL('callback', this.parts.settings.publicUrl).href;
  }

  /** Found when first needed: this application starts whether the provider runs or not. */
  #provider(): Promise<openid.Configuration> {
    this.#found ??= this.#discover().catch((error: unknown) => {
      this.#found = undefined;
      throw new LoginError('unavailable', `discovery failed: ${loginErrorOf(error).message}`);
    });
    return this.#found;
  }

  #discover(): Promise<openid.Configuration> {
    const { settings, key, clock } = this.parts;
    const issuer = new URL(settings.peopleUrl);
    const client = privateKeyJwt(settings.clientId, { signer: key.signer, clock });
    const isPlain = issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname);
    return openid.discovery(
      issuer,
      settings.clientId,
      { [openid.clockTolerance]: 10 },
      openidAuthentication(client),
      {
        timeout: timeoutSeconds,
        // The signature of the ID token is checked too: on this machine no TLS stands in for it.
        execute: [
          openid.enableNonRepudiationChecks,
          ...(isPlain ? [openid.allowInsecureRequests] : []),
        ],
      },
    );
  }
}

function userIn(claims: openid.IDToken | undefined): User {
  const uri = claims?.sub ?? '';
  if (!isCanonicalUri(uri)) throw new LoginError('refused', 'the ID token names no user by a URI');
  const name = [claims?.['name'], claims?.email].find(isName);
  return { uri, name: name ?? uri };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 200;
}

function tokensIn(given: openid.TokenEndpointResponse, since: number, known?: string): UserTokens {
  const { access_token: accessToken, refresh_token: refreshToken = known, expires_in = 60 } = given;
  return { accessToken, refreshToken, expiresAt: since + expires_in };
}
