import { isCanonicalUri, isWithin } from '@countersign/token';

/** Longest user URI that goes into a token. */
const longest = 1024;

/** Whether a user may be named by whoever may speak for these prefixes. */
export function mayName(subject: string, prefixes: readonly string[]): boolean {
  return subject.length <= longest && isCanonicalUri(subject) && isWithin(subject, prefixes);
}
