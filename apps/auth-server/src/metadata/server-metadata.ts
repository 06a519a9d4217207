import type { Json } from '@countersign/token';

/** What this server does, as far as its metadata says. */
export interface ServerFeatures {
  /** `grant_type` values (RFC 6749 section 4 and extensions). */
  readonly grantTypes: readonly string[];
  /** Algorithms of the assertions that clients authenticate with. */
  readonly assertionAlgorithms: readonly string[];
}

/** Registered names of how clients may authenticate, at every endpoint alike. */
const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

/**
 * Authorization server metadata (RFC 8414 section 2): exactly what this server does, and nothing it
 * does not. `response_types_supported` is mandatory, and empty: nobody logs in here.
 *
 * `scopes_supported` is left out: scopes mean something only under their audience, and whoever is
 * granted some knows them. `revocation_feed_endpoint` is a member of our own. An API key alone and a
 * workload's assertion are not listed: they have no registered names.
 *
 * An issuer with a path: the document is at the address that RFC 8414 section 3.1 makes of it
 * (`/.well-known/oauth-authorization-server/auth`), which the proxy in front has to hand on as well
 * as everything under the path. Whether it strips the path or keeps it makes no difference (see
 * `createAdapter`), so the document is also found under the path, where OpenID clients look.
 */
export function serverMetadata(
  issuer: string,
  { grantTypes, assertionAlgorithms }: ServerFeatures,
): Readonly<Record<string, Json>> {
  return {
    issuer,
    token_endpoint: `${issuer}/oauth2/token`,
    ...authenticationAt('token_endpoint', assertionAlgorithms),
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    grant_types_supported: grantTypes,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    ...authenticationAt('introspection_endpoint', assertionAlgorithms),
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    ...authenticationAt('revocation_endpoint', assertionAlgorithms),
    revocation_feed_endpoint: `${issuer}/oauth2/revocations`,
  };
}

/** RFC 8414 section 2 wants the algorithms wherever clients may sign assertions. */
function authenticationAt(endpoint: string, algorithms: readonly string[]): Record<string, Json> {
  return {
    [`${endpoint}_auth_methods_supported`]: authenticationMethods,
    [`${endpoint}_auth_signing_alg_values_supported`]: algorithms,
  };
}
