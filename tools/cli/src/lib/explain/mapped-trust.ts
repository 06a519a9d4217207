/** Trust entries made anew from an access map, which holds all of them but their keys. */
import type { JsonWebKey } from 'node:crypto';

import {
  authorizationServer,
  servicePeer,
  type MappedIssuer,
  type TrustEntry,
} from '@countersign/token';

import { CliError } from '../cli-error.js';

/**
 * The entry of an issuer, with its keys if they are given, and else with where they would be.
 * Undefined for one whose tokens the map does not tell how to read.
 */
export function mappedTrust(
  issuer: MappedIssuer,
  jwks: readonly JsonWebKey[] | undefined,
): TrustEntry | undefined {
  const isSecret = issuer.algorithms.some((algorithm) => algorithm.startsWith('HS'));
  if (isSecret || issuer.introspected === true || issuer.relaxed !== undefined) return undefined;
  if (issuer.kind === 'authorization-server') return serverOf(issuer, jwks);
  return issuer.kind === 'service-peer' ? peerOf(issuer, jwks) : undefined;
}

const common = ({
  algorithms,
  carrier,
  maxLifetime,
  subjects,
  senderConstrained,
}: MappedIssuer) => ({
  algorithms,
  carrier,
  maxLifetime,
  subjects,
  ...(senderConstrained === true && { senderConstrained: 'required' as const }),
});

function serverOf(issuer: MappedIssuer, jwks: readonly JsonWebKey[] | undefined): TrustEntry {
  const { name, mayAssert, callers } = issuer;
  return checked(issuer, () =>
    authorizationServer(issuer.issuer, {
      ...common(issuer),
      name,
      mayAssert,
      callers,
      revocation: 'off',
      ...(jwks && { jwks }),
    }),
  );
}

function peerOf(issuer: MappedIssuer, jwks: readonly JsonWebKey[] | undefined): TrustEntry {
  const { name, mayAssert, bound, singleUse, legacy } = issuer;
  return checked(issuer, () =>
    servicePeer(name, {
      ...common(issuer),
      issuer: issuer.issuer,
      mayAssert: mayAssert === 'any' ? [] : mayAssert,
      jwks: jwks ?? `${issuer.issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
      ...(bound && { bound }),
      ...(singleUse && { singleUse }),
      ...(legacy && { legacy }),
    }),
  );
}

function checked(issuer: MappedIssuer, make: () => TrustEntry): TrustEntry {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new CliError('configuration', `The issuer ${issuer.name}: ${cause.message}.`, {
      fix: 'Check the access map, and the keys that were given for this issuer.',
      cause,
    });
  }
}
