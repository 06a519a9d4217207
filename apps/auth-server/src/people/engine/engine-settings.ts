import type { VerifiedToken } from '@countersign/token';
import type { Configuration } from 'oidc-provider';

import { clockTolerance } from '../../token/assertions/limits.js';
import type { PeopleAccounts } from '../people-accounts.js';
import type { PeoplePages } from '../people-pages.js';
import { engineAdapter } from './engine-adapter.js';
import { personScopes, type EngineClients } from './engine-clients.js';
import { engineCookies } from './engine-cookies.js';
import { engineFeatures } from './engine-features.js';
import { existingGrant } from './engine-grants.js';
import type { EngineKeys } from './engine-keys.js';
import type { EngineLibrary } from './engine-library.js';
import { errorPage } from './engine-pages.js';
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
  /** Told of every logout that a person confirmed. */
  onLogout(about: {
    readonly subject: string | undefined;
    readonly client: string | undefined;
  }): void;
}

/** Seconds in which a code has to be redeemed (RFC 6749 section 4.1.2 says ten minutes at most). */
const codeLifetime = 60;
/** Seconds for which a browser that has not logged in yet is remembered. */
const anonymousLifetime = 3_600;

/** The configuration of the engine: code with PKCE, refresh, logout, and nothing else. */
export function engineSettings(parts: EngineParts, { keys }: EngineKeys): Configuration {
  const { library, clients, records, issuer, pages } = parts;
  return {
    adapter: engineAdapter({ library, records, clientOf: (id) => clients.metadata(id) }),
    jwks: { keys },
    clockTolerance,
    ...surface,
    ...tokens(parts),
    cookies: engineCookies(issuer, parts.cookieKeys),
    ttl: lifetimes(parts.lifetimes),
    features: engineFeatures(parts),
    findAccount: (_ctx, subject) => accountOf(subject, parts),
    loadExistingGrant: (ctx) => existingGrant(ctx, parts),
    interactions: {
      url: (_ctx, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}`,
      policy: policy(library),
    },
    renderError: (ctx, out) => errorPage(ctx, out, pages),
    // Applications of browsers alone have no credentials, and so no business here.
    clientBasedCORS: () => false,
    // Nothing of a request leads to another server.
    fetch: async () => {
      throw new Error('the engine asks nobody');
    },
  };
}

/** What there is, and how it is called. */
const surface = {
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
  subjectTypes: ['public'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  pkce: { required: () => true },
  allowOmittingSingleRegisteredRedirectUri: false,
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  // The ID token says who somebody is: an application need not ask again for a name.
  conformIdTokenClaims: false,
} satisfies Configuration;

function tokens({ clients }: EngineParts) {
  return {
    // What an access token comes from: without these it is exchanged for nothing.
    extraTokenClaims: (_ctx, token) =>
      'grantId' in token ? { grant_id: token.grantId, session_id: token.sessionUid } : {},
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, { clientId }) => clients.find(clientId) !== undefined,
    expiresWithSession: async () => true,
    revokeGrantPolicy: () => true,
  } satisfies Configuration;
}

function lifetimes({ accessToken, session, interaction }: EngineLifetimes) {
  return {
    AccessToken: accessToken,
    AuthorizationCode: codeLifetime,
    IdToken: accessToken,
    RefreshToken: session,
    Grant: session,
    Interaction: interaction,
    Session: (_ctx: unknown, { loginTs }: { readonly loginTs?: number | undefined }) =>
      sessionLifetime(loginTs, session),
  };
}

/** A session ends so long after its login, however often it is used meanwhile. */
function sessionLifetime(loginTs: number | undefined, lifetime: number): number {
  if (loginTs === undefined) return anonymousLifetime;
  return Math.max(1, loginTs + lifetime - Math.floor(Date.now() / 1000));
}

async function accountOf(subject: string, { accounts }: EngineParts) {
  const claims = await accounts.find(subject);
  return claims && { accountId: subject, claims: async () => ({ ...claims, sub: subject }) };
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
