import { AccessError, type VerifiedToken } from '@countersign/token';
import type { AccessToken, Provider } from 'oidc-provider';

import type { EngineParts } from './engine-settings.js';

/**
 * Lets the engine find its own access tokens where one comes back to it: they are JWTs, of which it
 * keeps no copy. What it finds is good for telling who somebody is, and for nothing else.
 */
export function findAccessTokens(provider: Provider, { tokens }: EngineParts): void {
  const model = provider.AccessToken as unknown as {
    find(value: string): Promise<AccessToken | undefined>;
  };
  model.find = async (value) => {
    try {
      return tokenOf(provider, await tokens.verify(value));
    } catch (error) {
      if (error instanceof AccessError && error.status !== 503) return undefined;
      throw error;
    }
  };
}

/** Without its audience: that is the token endpoint, and the engine would send the token away. */
function tokenOf(provider: Provider, { claims, expiresAt }: VerifiedToken): AccessToken {
  const { jti, iat, scope, sub, client_id, grant_id } = claims;
  const known = { jti, iat, scope, exp: expiresAt, kind: 'AccessToken' };
  const about = { accountId: sub, clientId: client_id, grantId: grant_id };
  const Model = provider.AccessToken as unknown as new (properties: object) => AccessToken;
  return new Model({ ...known, ...about });
}
