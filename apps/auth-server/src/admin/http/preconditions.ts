import { ProblemException } from '@countersign/runtime';

/** The version a change must still find; `absent` when nothing may be there yet. */
export type IfVersion = number | 'absent';

/** The entity tag of a version (RFC 9110 section 8.8.3): strong, and equal only for equal versions. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * Reads what a PUT may find: `If-None-Match: *` creates, `If-Match: "<version>"` replaces.
 *
 * Refuses (428) a request with neither: it would overwrite what its sender has not seen; (400) both
 * and anything that is no single version of ours.
 */
export function readPrecondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): IfVersion {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw malformed();
  if (ifNoneMatch === undefined) return requireVersion(ifMatch);
  if (ifNoneMatch.trim() !== '*') throw malformed();
  return 'absent';
}

/** Reads the version that a change of something existing must still find. */
export function requireVersion(ifMatch: string | undefined): number {
  if (ifMatch === undefined) {
    throw new ProblemException(428, {
      code: 'PRECONDITION_REQUIRED',
      detail:
        'Send If-Match with the ETag of what you have seen, or If-None-Match: * to create something new',
    });
  }
  const version = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch)?.[1];
  // `*` and lists would match whatever somebody else has written meanwhile.
  if (version === undefined) throw malformed();
  return Number(version);
}

function malformed(): ProblemException {
  return new ProblemException(400, {
    code: 'PRECONDITION_INVALID',
    detail: 'If-Match takes one ETag as it was given, If-None-Match takes *; not both',
  });
}

/** The header fields that make a request conditional (RFC 9110 section 13.1). */
export interface ConditionalHeaders {
  readonly 'if-match'?: string;
  readonly 'if-none-match'?: string;
}
