import { clientCredentials } from './client-credentials.js';
import type { GrantType } from './grant-context.js';
import { jwtBearer } from './jwt-bearer.js';
import { tokenExchange } from './token-exchange.js';

/** One function per `grant_type`; what is not here is not supported. */
export const grantTypes: ReadonlyMap<string, GrantType> = new Map<string, GrantType>([
  ['client_credentials', clientCredentials],
  ['urn:ietf:params:oauth:grant-type:token-exchange', tokenExchange],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', jwtBearer],
]);
