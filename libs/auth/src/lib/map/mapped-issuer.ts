import type { MappedIssuer, TrustedIssuer } from '@countersign/token';

/** What may be told of a trusted issuer: member by member, so that nothing else ever gets out. @internal */
export function mappedIssuer(issuer: TrustedIssuer): MappedIssuer {
  const { bound, singleUse, senderConstrained, introspection, foreign, profile } = issuer;
  const relaxed = foreign?.relaxations ?? [];
  return {
    name: issuer.name,
    kind: issuer.kind,
    issuer: issuer.issuer,
    carrier: issuer.carrier,
    algorithms: [...issuer.algorithms],
    maxLifetime: issuer.maxLifetime,
    mayAssert: issuer.mayAssert === 'any' ? 'any' : [...issuer.mayAssert],
    subjects: [...issuer.subjects],
    callers: { ...issuer.callers },
    ...(bound && { bound }),
    ...(singleUse && { singleUse }),
    ...(profile.name === 'legacy-service-token' && { legacy: true }),
    ...(senderConstrained && { senderConstrained: true }),
    ...(introspection && { introspected: true }),
    ...(relaxed.length > 0 && { relaxed: [...relaxed] }),
  };
}
