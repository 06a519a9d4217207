/** Entity tags (RFC 9110 section 8.8.3) and the two conditions made of them. Knows no framework. */

const TAG = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;
const MAX_HEADER = 1024;

/** The strong entity tag of a version. */
export const entityTag = (version: number): string => `"${version}"`;

/**
 * Whether `If-Match` holds for this version: `*`, or a list in which it stands, compared strongly
 * (RFC 9110 section 13.1.1): a weak tag matches nothing.
 * @returns `undefined` for a field that is no list of entity tags.
 */
export function ifMatch(field: string, version: number): boolean | undefined {
  return listed(field)?.some((tag) => tag === '*' || tag === entityTag(version));
}

/**
 * Whether the asker already has this version: `If-None-Match`, compared weakly (RFC 9110 section
 * 13.1.2). A field that is no list of entity tags counts as absent: then the user is sent.
 */
export function ifNoneMatch(field: string | undefined, version: number): boolean {
  if (field === undefined) return false;
  const tags = listed(field) ?? [];
  return tags.some((tag) => tag === '*' || tag.replace(/^W\//, '') === entityTag(version));
}

function listed(field: string): readonly string[] | undefined {
  if (field.length > MAX_HEADER) return undefined;
  const tags = field.split(',').map((tag) => tag.trim());
  if (tags.length === 1 && tags[0] === '*') return tags;
  return tags.every((tag) => TAG.test(tag)) ? tags : undefined;
}
