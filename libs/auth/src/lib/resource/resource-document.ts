import { dpopAlgorithms, scopesOf, type MappedRoute } from '@countersign/token';

import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';

/** Protected-resource metadata (RFC 9728 section 2). @internal */
export type ResourceDocument = Readonly<Record<string, string | boolean | readonly string[]>>;

/**
 * What clients need to know to get a token for an audience: from the options and rules that the guard
 * obeys, so that it cannot say something else. Says nothing of services that sign their own tokens: no
 * client can get those.
 * @internal
 */
export function resourceDocument(
  name: string,
  { audiences, trust, dpop, resources }: ResolvedOptions,
  routes: readonly MappedRoute[],
): ResourceDocument {
  const servers = trust.issuers.filter(
    ({ kind }) => kind === 'authorization-server' || kind === 'foreign-server',
  );
  const isBearer = trust.issuers.some(({ carrier }) => carrier === 'Bearer');
  const own = routes.filter(({ rule }) => rule.access === 'protected' && rule.audience === name);
  const scopes = [...new Set(own.flatMap(({ rule }) => scopesOf(rule)))].sort();
  const { name: title, documentation, clientCertificates } = resources ?? {};
  return {
    resource: audiences[name] as string,
    ...(title !== undefined && { resource_name: title }),
    ...(servers.length > 0 && { authorization_servers: servers.map(({ issuer }) => issuer) }),
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: isBearer ? ['header'] : [],
    ...(isDpopOn(dpop) && isBearer && { dpop_signing_alg_values_supported: dpopAlgorithms }),
    ...(clientCertificates === true && { tls_client_certificate_bound_access_tokens: true }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
  };
}
