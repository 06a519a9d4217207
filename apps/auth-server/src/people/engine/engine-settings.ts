import type { VerifiedToken } from '@countersign/token';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';

import type { PeopleAccounts } from '../people-accounts.js';
import type { PeoplePages } from '../people-pages.js';
import { engineAdapter } from './engine-adapter.js';
import { personScopes, type EngineClients } from './engine-clients.js';
import { existingGrant } from './engine-grants.js';
import type { EngineKeys } from './engine-keys.js';
import type { EngineLibrary } from './engine-library.js';
import { errorPage, loggedOutPage, logoutPage } from './engine-pages.js';
import type { PeopleRecords } from './people-records.js';

/** Seconds. */
export interface EngineLifetimes {
  readonly accessToken: number;
  readonly session: number;
  readonly interaction: number;
}

/** Verifies access tokens of people. */
export interface PersonTokenVerifier {
  /** Rejects with AccessError, and as the database does. */
  verify(token: string): Promise<VerifiedToken>;
}

/** What the engine works with. */
export interface EngineParts {
  readonly library: EngineLibrary;
  /** `<PUBLIC_URL>/people`. */
  readonly issuer: string;
  /** The one audience of its access tokens. */
  readonly exchange: string;
  readonly accounts: PeopleAccounts;
  readonly pages: PeoplePages;
  readonly clients: EngineClients;
  readonly records: PeopleRecords;
  readonly lifetimes: EngineLifetimes;
  /** Sign cookies; the first does, all are accepted. */
  readonly cookieKeys: readonly Buffer[];
  /** Verifies its access tokens, which it keeps no copy of. */
  readonly tokens: PersonTokenVerifier;
}

/** Seconds in which a code has to be redeemed (RFC 6749 section 4.1.2 says ten minutes at most). */
const codeLifetime = 60;
/** Seconds for which a browser that has not logged in yet is remembered. */
const anonymousLifetime = 3_600;

/** The configuration of the engine: code with PKCE, refresh, logout, and nothing else. */
export function engineSettings(parts: EngineParts, { keys }: EngineKeys): Configuration {
  const { library, accounts, clients, records, lifetimes, issuer } = parts;
  const isSecure = issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure } as const;
  const path = new URL(issuer).pathname;
  return {
    adapter: engineAdapter({ library, records, clientOf: (id) => clients.metadata(id) }),
    jwks: { keys },
    routes: {
      authorization: '/authorize',
      token: '/token',
      revocation: '/token/revocation',
      userinfo: '/userinfo',
      jwks: '/jwks',
      end_session: '/logout',
    },
    responseTypes: ['code'],
    scopes: [...personScopes],
    claims: {
      openid: ['sub'],
      profile: ['name'],
      email: ['email', 'email_verified'],
      acr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    // The ID token says who somebody is: an application need not ask again for a name.
    conformIdTokenClaims: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    subjectTypes: ['public'],
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: {
      keys: parts.cookieKeys.map((key) => key.toString('base64url')),
      names: cookieNames(isSecure),
      // `__Host-` cookies have this path, and no other host can set them.
      long: { ...cookie, path: isSecure ? '/' : path },
      short: { ...cookie },
    },
    ttl: {
      AccessToken: lifetimes.accessToken,
      AuthorizationCode: codeLifetime,
      IdToken: lifetimes.accessToken,
      RefreshToken: lifetimes.session,
      Grant: lifetimes.session,
      Interaction: lifetimes.interaction,
      Session: (_ctx, { loginTs }) => sessionEnd(loginTs, lifetimes.session),
    },
    features: features(parts),
    extraTokenClaims: (_ctx, token) => ({
      grant_id: 'grantId' in token ? token.grantId : undefined,
    }),
    findAccount: async (_ctx, subject) => {
      const claims = await accounts.find(subject);
      return claims && { accountId: subject, claims: async () => ({ ...claims, sub: subject }) };
    },
    loadExistingGrant: (ctx) => existingGrant(ctx, parts),
    interactions: {
      url: (_ctx, { uid }) => `${path}/interaction/${uid}`,
      policy: policy(library),
    },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => true,
    revokeGrantPolicy: () => true,
    renderError: (ctx, out) => errorPage(ctx, out, parts.pages),
    // Nothing of a request leads to another server.
    fetch: async () => {
      throw new Error('the engine asks nobody');
    },
  };
}

function cookieNames(isSecure: boolean) {
  const [host, secure] = isSecure ? ['__Host-', '__Secure-'] : ['', ''];
  return {
    session: `${host}people_session`,
    interaction: `${secure}people_interaction`,
    resume: `${secure}people_resume`,
  };
}

function sessionEnd(loginTs: number | undefined, lifetime: number): number {
  if (loginTs === undefined) return anonymousLifetime;
  return Math.max(1, loginTs + lifetime - Math.floor(Date.now() / 1000));
}

function features({ library, exchange, clients, pages, lifetimes }: EngineParts) {
  const off = { enabled: false } as const;
  return {
    devInteractions: off,
    backchannelLogout: off,
    claimsParameter: off,
    clientCredentials: off,
    dPoP: off,
    requestObjects: off,
    pushedAuthorizationRequests: off,
    introspection: off,
    userinfo: { enabled: true },
    revocation: { enabled: true },
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx: KoaContextWithOIDC) => logoutPage(ctx, clients, pages),
      postLogoutSuccessSource: (ctx: KoaContextWithOIDC) => loggedOutPage(ctx, clients, pages),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => exchange,
      useGrantedResource: () => true,
      getResourceServerInfo: (
        _ctx: KoaContextWithOIDC,
        resource: string,
        { clientId }: { readonly clientId: string },
      ) => {
        if (resource !== exchange) throw new library.errors.InvalidTarget();
        return {
          scope: clients.scopes(clientId).join(' '),
          audience: exchange,
          accessTokenTTL: lifetimes.accessToken,
          accessTokenFormat: 'jwt' as const,
          jwt: { sign: { alg: 'ES256' as const } },
        };
      },
    },
  } satisfies Configuration['features'];
}

/** The engine's own policy; and whoever may not log in any more has to, which then refuses. */
function policy({ interactionPolicy }: EngineLibrary) {
  const prompts = interactionPolicy.base();
  const { Check } = interactionPolicy;
  const gone = new Check('no_account', 'the account may not log in any more', (ctx) =>
    ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
      ? Check.REQUEST_PROMPT
      : Check.NO_NEED_TO_PROMPT,
  );
  prompts.get('login')?.checks.add(gone);
  return prompts;
}
