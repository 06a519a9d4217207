import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';

import { loggedOutPage, logoutPage } from './engine-pages.js';
import type { EngineParts } from './engine-settings.js';

const off = { enabled: false } as const;

/** What the engine could do and does not: nobody needs it, and what is not there has no holes. */
const nothingElse = {
  devInteractions: off,
  backchannelLogout: off,
  claimsParameter: off,
  clientCredentials: off,
  dPoP: off,
  introspection: off,
  pushedAuthorizationRequests: off,
  requestObjects: off,
} satisfies Configuration['features'];

/** What the engine does besides logging in. */
export function engineFeatures(parts: EngineParts) {
  const { clients, pages } = parts;
  return {
    ...nothingElse,
    userinfo: { enabled: true },
    revocation: {
      enabled: true,
      // Whoever names the token of another is told what is said of one that is not there (RFC 7009).
      allowedPolicy: (_ctx: unknown, client: Owned, token: Owned) =>
        token.clientId === client.clientId,
    },
    // The private keys stay with the ring that keeps them.
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx: KoaContextWithOIDC) => logoutPage(ctx, clients, pages),
      postLogoutSuccessSource: (ctx: KoaContextWithOIDC) => loggedOutPage(ctx, clients, pages),
    },
    resourceIndicators: onlyExchange(parts),
  } satisfies Configuration['features'];
}

interface Owned {
  readonly clientId?: string | undefined;
}

/** Every access token is for the exchange, and for nothing else. */
function onlyExchange({ library, exchange, clients, lifetimes }: EngineParts) {
  return {
    enabled: true,
    defaultResource: () => exchange,
    useGrantedResource: () => true,
    getResourceServerInfo: (
      _ctx: unknown,
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
  };
}
