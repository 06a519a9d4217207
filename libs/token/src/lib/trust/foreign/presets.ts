import type { Algorithm } from '../../types.js';
import type { Duration } from '../../to-seconds.js';
import type { ForeignPreset, Relaxation } from './dialect.js';
import { tenantIssuer } from './dialects.js';

/** What is known of the servers of one vendor before any of its tokens is read. @internal */
export interface PresetFacts {
  /** The end of an issuer that is one server, and not a template for many. */
  readonly issuer: RegExp;
  readonly issuerLooksLike: string;
  readonly algorithms: readonly Algorithm[];
  /** Its own longest lifetime that is usual for machines. */
  readonly maxLifetime: Duration;
  /** What its tokens may need; other words would only open a door. */
  readonly relaxations: readonly Relaxation[];
}

/** @internal */
export const presetFacts: Readonly<Record<ForeignPreset, PresetFacts>> = Object.freeze({
  keycloak: {
    issuer: /\/realms\/[^/]+$/,
    issuerLooksLike: 'https://<host>/realms/<realm>',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    maxLifetime: '1h',
    relaxations: ['typ-jwt', 'act-missing'],
  },
  entra: {
    issuer: tenantIssuer,
    issuerLooksLike: 'https://login.microsoftonline.com/<tenant id>/v2.0, of one tenant',
    algorithms: ['RS256'],
    maxLifetime: '90m',
    relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
  },
  auth0: {
    issuer: /^https?:\/\/[^/]+\/$/,
    issuerLooksLike: 'https://<tenant>/, with its final slash',
    algorithms: ['RS256'],
    maxLifetime: '24h',
    relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
  },
  okta: {
    issuer: /\/oauth2\/[^/]+$/,
    issuerLooksLike:
      'https://<org>/oauth2/<server id>: what the organisation itself issues is opaque',
    algorithms: ['RS256'],
    maxLifetime: '24h',
    relaxations: ['typ-missing', 'act-missing'],
  },
  cognito: {
    issuer: /\/[a-z0-9-]+_[A-Za-z0-9]+$/,
    issuerLooksLike: 'https://cognito-idp.<region>.amazonaws.com/<pool id>',
    algorithms: ['RS256'],
    maxLifetime: '24h',
    relaxations: ['typ-missing', 'act-missing', 'aud-missing'],
  },
});
