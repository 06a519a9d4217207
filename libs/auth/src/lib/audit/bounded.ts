import type { Json } from '@countersign/token';

const MAX_TEXT = 256;
const MAX_ITEMS = 64;
/** Deeper than anything we write ourselves. */
const MAX_DEPTH = 12;

/** What may be kept or logged: JSON, with members that may be left out. @internal */
export type Loggable = Json | undefined | { readonly [name: string]: Loggable };

/**
 * Cuts and escapes every string, list and object, so that what a stranger wrote can neither fill nor
 * bend a log. A name or a text over 256 characters, and what is deeper than 12 levels, ends in `…`.
 * @internal
 */
export function bounded(value: Loggable, depth = 0): Loggable {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value))
    return value.slice(0, MAX_ITEMS).map((item: Json) => bounded(item, depth + 1)) as Json[];
  const members = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    members.map(([name, member]) => [boundedText(name), bounded(member, depth + 1)]),
  );
}

function boundedText(text: string): string {
  return visible(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
}

// Controls (JSON leaves those above ASCII as they are, and terminals obey them), bidi overrides and
// other invisible characters, line and paragraph separators.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
