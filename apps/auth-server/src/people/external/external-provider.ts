/** The external OpenID provider, as its relying party (OpenID Connect Core, code flow with PKCE). */
import { isLoopbackHost } from '@countersign/token';
import * as openid from 'openid-client';

import { ServiceUnavailable } from '../../registry/service-unavailable.js';

/** Which provider, and who we are there. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What people call it. */
  readonly name: string;
}

/** What is remembered between leaving for the provider and coming back. */
export interface PendingLogin {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who came back. */
export interface ProvenPerson {
  readonly issuer: string;
  readonly subject: string;
  /** Only if the provider says that it has verified it. */
  readonly verifiedEmail: string | undefined;
}

/** The provider sent somebody back without a login. */
export class ProviderRefused extends Error {
  override readonly name = 'ProviderRefused';

  constructor(
    /** `access_denied` when the person changed their mind. */
    readonly code: string,
    cause: unknown,
  ) {
    super('the provider sent no login', { cause });
  }
}

/** Seconds that the provider gets for an answer. */
const timeout = 5;

/** Sends people to the provider, and reads what they come back with. */
export class ExternalProvider {
  private known: Promise<openid.Configuration> | undefined;

  constructor(
    readonly settings: ProviderSettings,
    /** Where people come back to. */
    private readonly redirectUri: string,
  ) {}

  /**
   * Begins a login: where to send the browser, and what to remember.
   * @param slot What `state` begins with: by which it is found again.
   */
  async begin(
    slot: string,
    loginHint: string | undefined,
  ): Promise<{ url: URL; pending: PendingLogin }> {
    const pending = {
      state: `${slot}${openid.randomState()}`,
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
    };
    const url = openid.buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: this.redirectUri,
      scope: 'openid email',
      code_challenge: await openid.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
      ...(loginHint === undefined ? {} : { login_hint: loginHint.slice(0, 254) }),
    });
    return { url, pending };
  }

  /**
   * Who came back with this query. Refuses (ProviderRefused) another state, nonce or issuer, a code
   * that the provider does not take, an ID token that does not hold.
   * @throws ServiceUnavailable (503) when the provider does not answer.
   */
  async finish(query: string, { state, nonce, verifier }: PendingLogin): Promise<ProvenPerson> {
    const configuration = await this.configuration();
    // Our own address: what a request says of its host is never asked.
    const url = new URL(`${this.redirectUri}?${query}`);
    try {
      const tokens = await openid.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new TypeError('there is no ID token');
      const email =
        claims['email'] === undefined
          ? await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : claims;
      return { issuer: claims.iss, subject: claims.sub, verifiedEmail: verifiedEmailOf(email) };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Looked up at the first login; again after a failure. */
  private configuration(): Promise<openid.Configuration> {
    this.known ??= this.discover().catch((error: unknown) => {
      this.known = undefined;
      throw new ServiceUnavailable('the external provider does not answer', error);
    });
    return this.known;
  }

  private discover(): Promise<openid.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    const url = new URL(issuer);
    const isLocal = url.protocol === 'http:' && isLoopbackHost(url.hostname);
    return openid.discovery(url, clientId, clientSecret, undefined, {
      timeout,
      // Its library calls it deprecated so that it stands out; here it is for loopback hosts only.
      ...(isLocal && { execute: [openid.allowInsecureRequests] }),
    });
  }
}

function verifiedEmailOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const { email, email_verified: isVerified } = claims;
  return isVerified === true && typeof email === 'string' ? email : undefined;
}

function refusalOf(error: unknown): Error {
  if (error instanceof openid.AuthorizationResponseError) {
    return new ProviderRefused(error.error, error);
  }
  const isSilent = error instanceof TypeError && error.message === 'fetch failed';
  const isTooSlow = error instanceof openid.ClientError && error.code === 'OAUTH_TIMEOUT';
  if (isSilent || isTooSlow) {
    return new ServiceUnavailable('the external provider does not answer', error);
  }
  return new ProviderRefused('invalid', error);
}
