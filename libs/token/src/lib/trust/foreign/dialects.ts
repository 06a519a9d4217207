import type { JsonObject } from '../../types.js';
import type { ForeignPreset, TokenDialect } from './dialect.js';

/** RFC 9068, RFC 7662 and RFC 8693: as our own server writes its tokens. @internal */
export const standardDialect: TokenDialect = Object.freeze<TokenDialect>({
  name: 'standard',
  clientClaims: ['client_id'],
  userClaim: 'sub',
  isAccessToken: () => true,
  actorKind: ({ sub }, clientId) => (sub === clientId ? 'service' : 'user'),
  scopeClaim: () => 'scope',
});

/** Claims that only ID tokens have (OpenID Connect Core sections 2 and 3.3.2.11). */
const ofIdTokens = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;

const hasNone = (claims: JsonObject, names: readonly string[]): boolean =>
  names.every((name) => claims[name] === undefined);

/** Its ID, refresh and logout tokens have the same header, and say in the claims what they are. */
const keycloak: TokenDialect = {
  name: 'keycloak',
  clientClaims: ['azp', 'client_id', 'clientId'],
  userClaim: 'sub',
  isAccessToken: ({ typ, at_hash: hash }) =>
    (typ === 'Bearer' || typ === 'DPoP') && hash === undefined,
  // A service account is a user, too. Its client id is a note of its session, which users lack, and
  // its name is reserved: both are asked for, as a mapper can write the one, a registration the other.
  actorKind: ({ client_id: id, clientId = id, preferred_username: name }, client) =>
    clientId === client && name === `service-account-${client.toLowerCase()}` ? 'service' : 'user',
  scopeClaim: () => 'scope',
};

/** `v1.0` tokens come from sts.windows.net, `v2.0` from login.microsoftonline.com. */
const entra: TokenDialect = {
  name: 'entra',
  clientClaims: ['azp', 'appid'],
  // `sub` is another one for each application.
  userClaim: 'oid',
  isAccessToken: (claims, issuer) =>
    hasNone(claims, ofIdTokens) &&
    claims['tid'] === tenantIssuer.exec(issuer)?.[1] &&
    claims['ver'] === (issuer.endsWith('/v2.0') ? '2.0' : '1.0') &&
    claims[issuer.endsWith('/v2.0') ? 'azpacr' : 'appidacr'] !== undefined,
  actorKind: ({ scp, idtyp, oid, sub }) => {
    if (scp !== undefined) return idtyp === undefined || idtyp === 'user' ? 'user' : undefined;
    const isApplication = idtyp === 'app' || (idtyp === undefined && oid === sub);
    return isApplication && oid !== undefined ? 'service' : undefined;
  },
  scopeClaim: (kind) => (kind === 'service' ? 'roles' : 'scp'),
};

/** How an issuer ends that is one tenant, and not a template for many. @internal */
export const tenantIssuer = /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/v2\.0|\/)$/;

const auth0: TokenDialect = {
  name: 'auth0',
  clientClaims: ['azp', 'client_id'],
  userClaim: 'sub',
  isAccessToken: (claims) => hasNone(claims, ofIdTokens),
  actorKind: ({ sub }, clientId) => (sub === `${clientId}@clients` ? 'service' : 'user'),
  scopeClaim: () => 'scope',
};

const okta: TokenDialect = {
  name: 'okta',
  clientClaims: ['cid'],
  // `sub` is the name to sign in with, which changes and is given to others.
  userClaim: 'uid',
  isAccessToken: (claims) =>
    claims['ver'] === 1 && /^AT\./.test(String(claims['jti'])) && hasNone(claims, ofIdTokens),
  actorKind: ({ sub, uid }, clientId) => {
    if (uid !== undefined) return 'user';
    return sub === clientId ? 'service' : undefined;
  },
  scopeClaim: () => 'scp',
};

const cognito: TokenDialect = {
  name: 'cognito',
  clientClaims: ['client_id'],
  userClaim: 'sub',
  isAccessToken: (claims) => claims['token_use'] === 'access' && hasNone(claims, ofIdTokens),
  actorKind: ({ sub, username }, clientId) => {
    if (username !== undefined) return sub === clientId ? undefined : 'user';
    return sub === clientId ? 'service' : undefined;
  },
  scopeClaim: () => 'scope',
};

/** @internal */
export const dialects: Readonly<Record<ForeignPreset, TokenDialect>> = Object.freeze({
  keycloak: Object.freeze(keycloak),
  entra: Object.freeze(entra),
  auth0: Object.freeze(auth0),
  okta: Object.freeze(okta),
  cognito: Object.freeze(cognito),
});
