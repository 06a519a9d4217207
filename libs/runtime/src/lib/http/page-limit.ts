import { z } from 'zod';

/** How much of a list one answer holds. @publicApi */
export interface PageLimitOptions {
  /** Entries unless told; 50 unless told. */
  readonly usual?: number;
  /** Entries at most, whatever was asked for; 100 unless told. */
  readonly most?: number;
}

/**
 * The schema of a list's `limit` parameter: a whole number from 1, taken for `most` where it is more.
 * Refuses one that is given twice.
 * @publicApi
 */
export function pageLimit({ usual = 50, most = 100 }: PageLimitOptions = {}) {
  return z
    .string('must be given once')
    .regex(/^[1-9][0-9]{0,9}$/, 'must be a whole number from 1')
    .transform((text) => Math.min(Number(text), most))
    .default(usual);
}
