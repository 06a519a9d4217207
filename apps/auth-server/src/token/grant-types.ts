import type { Client } from '../registry/registry.js';
import { clientCredentials, type Authorization } from './client-credentials.js';
import type { FormParameters } from './parse-form.js';

/** Decides what an authenticated client gets for its request; throws a TokenError if nothing. */
export type GrantType = (client: Client, form: FormParameters) => Authorization;

/** One function per `grant_type`; what is not here is not supported. */
export const grantTypes: ReadonlyMap<string, GrantType> = new Map([
  ['client_credentials', clientCredentials],
]);
