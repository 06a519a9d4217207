import type { ClientCertificates } from '@countersign/runtime';
import type { Json } from '@countersign/token';

/** What this server does, as far as its metadata says. */
export interface ServerFeatures {
  /** `grant_type` values (RFC 6749 section 4 and extensions). */
  readonly grantTypes: readonly string[];
  /** Algorithms of the assertions that clients authenticate with. */
  readonly assertionAlgorithms: readonly string[];
  /** Algorithms of DPoP proofs. */
  readonly proofAlgorithms: readonly string[];
  readonly certificates: ClientCertificates;
}

/** Registered names of how clients may authenticate, at every endpoint alike. */
function authenticationMethods({ areRequested, areVerified }: ClientCertificates): string[] {
  return [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    ...(areVerified ? ['tls_client_auth'] : []),
    ...(areRequested ? ['self_signed_tls_client_auth'] : []),
  ];
}

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
  features: ServerFeatures,
): Readonly<Record<string, Json>> {
  const { grantTypes, proofAlgorithms, certificates } = features;
  return {
    issuer,
    token_endpoint: `${issuer}/oauth2/token`,
    ...authenticationAt('token_endpoint', features),
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    grant_types_supported: grantTypes,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    ...authenticationAt('introspection_endpoint', features),
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    ...authenticationAt('revocation_endpoint', features),
    revocation_feed_endpoint: `${issuer}/oauth2/revocations`,
    dpop_signing_alg_values_supported: proofAlgorithms,
    // RFC 8705 section 3.3; there are no other endpoints for it: this one asks for certificates, or none.
    tls_client_certificate_bound_access_tokens: certificates.areRequested,
  };
}

/** RFC 8414 section 2 wants the algorithms wherever clients may sign assertions. */
export function authenticationAt(
  endpoint: string,
  {
    certificates,
    assertionAlgorithms,
  }: Pick<ServerFeatures, 'certificates' | 'assertionAlgorithms'>,
): Record<string, Json> {
  return {
    [`${endpoint}_auth_methods_supported`]: authenticationMethods(certificates),
    [`${endpoint}_auth_signing_alg_values_supported`]: assertionAlgorithms,
  };
}
