import { z } from 'zod';

import { invalidMembers } from './admin-validation.pipe.js';

const defaultLimit = 50;
const mostEntries = 200;
const longestCursor = 512;

/** Parameters of every list. Unknown ones are refused: a filter that is ignored misleads. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .pipe(
      z.number().min(1, 'must be at least 1').max(mostEntries, `must be at most ${mostEntries}`),
    )
    .optional()
    .describe(`Entries of one page: ${defaultLimit} unless told, ${mostEntries} at most.`),
  after: z.string().max(longestCursor).optional().describe('`next` of the page before.'),
});

/** What of a list is asked for. */
export interface PageRequest {
  readonly limit: number;
  /** Entries after this name. */
  readonly after: string | undefined;
}

/** Some entries, in the order of their names. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null when this is the last. */
  readonly next: string | null;
}

/** Reads the parameters of a list. Refuses (400) a cursor that is none of ours. */
export function pageRequest({
  limit = defaultLimit,
  after,
}: z.output<typeof pageQuery>): PageRequest {
  return { limit, after: after === undefined ? undefined : nameOf(after) };
}

/** Makes a page of entries of which one more was read than asked for. */
export function pageOf<Item>(
  items: readonly Item[],
  limit: number,
  nameOfItem: (item: Item) => string,
): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown,
    next: items.length > limit && last !== undefined ? cursorOf(nameOfItem(last)) : null,
  };
}

function cursorOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function nameOf(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (name !== '' && cursorOf(name) === cursor && !name.includes('\0')) return name;
  throw invalidMembers([{ pointer: '/after', detail: 'is no cursor of this list' }]);
}
