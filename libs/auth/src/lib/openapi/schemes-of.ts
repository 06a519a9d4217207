/** The ways to call a service, as security schemes of OpenAPI 3.1. */
import type { AccessRule, TrustedIssuer } from '@countersign/token';
import { ruleForIssuer } from '@countersign/token';

import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';
import { neededBy, type SecurityAlternative } from './security-of.js';

/** What a document may tell of an issuer beside its trust entry. @publicApi */
export interface DescribedServer {
  readonly description?: string;
  /** Where clients get its tokens: then it is told as OAuth 2.0, with a word for each scope. */
  readonly tokenUrl?: string;
  readonly scopes?: Readonly<Record<string, string>>;
}

/** A security scheme. @internal */
export type Scheme = Readonly<Record<string, unknown>>;

const certificate = 'clientCertificate';

/** The schemes of everybody who is trusted, by their names; and what binds tokens to their sender. @internal */
export function schemesOf(
  { trust, dpop, resources }: ResolvedOptions,
  servers: Readonly<Record<string, DescribedServer>>,
): Readonly<Record<string, Scheme>> {
  const schemes: Record<string, Scheme> = {};
  for (const issuer of trust.issuers) {
    schemes[issuer.name] = schemeOf(issuer, servers[issuer.name] ?? {});
    if (isDpopOn(dpop) && issuer.carrier === 'Bearer')
      schemes[dpopName(issuer)] = {
        type: 'http',
        scheme: 'dpop',
        description: `${tokensOf(issuer)}, bound to a key that each request proves (RFC 9449)`,
      };
  }
  if (resources?.clientCertificates === true)
    schemes[certificate] = {
      type: 'mutualTLS',
      description: 'The certificate that the token is bound to (RFC 8705)',
    };
  return schemes;
}

/** The alternatives of an operation: each issuer as its trust entry and the rule narrow it. @internal */
export function securityBy(
  rule: AccessRule,
  { trust, dpop, resources }: ResolvedOptions,
): SecurityAlternative[] {
  if (rule.access === 'public') return [];
  const alternatives = trust.issuers.flatMap((issuer) => {
    const { name, mayAssert, carrier } = issuer;
    const { senderConstrained } = ruleForIssuer(rule, issuer);
    const isBound = senderConstrained === true || issuer.senderConstrained !== undefined;
    const ways = (way: string) => neededBy(rule, { [way]: mayAssert });
    const proven = isDpopOn(dpop) && carrier === 'Bearer' ? ways(dpopName(issuer)) : [];
    const plain = ways(name);
    if (!isBound) return [...plain, ...proven];
    const certified =
      resources?.clientCertificates === true
        ? plain.map((one) => ({ ...one, [certificate]: [] }))
        : [];
    return [...proven, ...certified];
  });
  return rule.optional === true ? [...alternatives, {}] : alternatives;
}

const dpopName = ({ name }: TrustedIssuer): string => `${name}-dpop`;

const tokensOf = ({ kind, name }: TrustedIssuer): string =>
  kind === 'service-peer' ? `Tokens that ${name} signs itself` : `Access tokens of ${name}`;

function schemeOf(issuer: TrustedIssuer, server: DescribedServer): Scheme {
  const { description = tokensOf(issuer), tokenUrl, scopes = {} } = server;
  if (issuer.carrier !== 'Bearer')
    return { type: 'apiKey', in: 'header', name: issuer.carrier, description };
  if (tokenUrl === undefined)
    return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description };
  return { type: 'oauth2', description, flows: { clientCredentials: { tokenUrl, scopes } } };
}
