import { refuse } from '../refuse.js';
import { isWithin } from '../trust/canonical-uri.js';
import type { SubjectRef, TrustedIssuer } from '../types.js';

/**
 * The user that a `sub` names: a whole canonical URI below a prefix this issuer may speak for.
 *
 * Refuses anything else with SUBJECT_FORBIDDEN; an issuer without prefixes speaks for nobody.
 * @internal
 */
export function readSubject(sub: string, issuer: TrustedIssuer): SubjectRef {
  if (isWithin(sub, issuer.subjects)) return { kind: 'user', issuer: issuer.issuer, uri: sub };
  return refuse('SUBJECT_FORBIDDEN', {
    check: 'subject',
    issuer: issuer.name,
    expected: issuer.subjects.length > 0 ? issuer.subjects : 'no subject of this issuer',
    got: sub,
    fix: `list the prefix of this canonical URI among the subjects of ${issuer.name}`,
  });
}
