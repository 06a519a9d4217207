import type { Json, JsonObject } from '../types.js';
import { RevocationFeedError } from './revocation-feed-error.js';

/** One thing that is revoked; `before` and `exp` in seconds since the epoch. @publicApi */
export type RevocationEntry = {
  /** Until when a token may live that this revokes. */
  readonly exp: number;
} & (
  | { readonly kind: 'token'; readonly jti: string }
  | { readonly kind: 'client'; readonly clientId: string; readonly before: number }
  | { readonly kind: 'subject'; readonly subject: string; readonly before: number }
  | { readonly kind: 'key'; readonly kid: string }
);

const longest = 2048;

/**
 * One entry of a feed, converted from its wire form.
 *
 * Refuses with a {@link RevocationFeedError} any other form, and a kind that is not known: what a
 * guard does not understand it must not take for "nothing is revoked".
 * @internal
 */
export function readRevocationEntry(value: Json): RevocationEntry {
  const entry = objectOf(value);
  const exp = secondsOf(entry, 'exp');
  switch (entry['kind']) {
    case 'token':
      return { kind: 'token', jti: textOf(entry, 'jti'), exp };
    case 'client':
      return { kind: 'client', clientId: textOf(entry, 'client_id'), ...cutOff(entry), exp };
    case 'subject':
      return { kind: 'subject', subject: textOf(entry, 'sub'), ...cutOff(entry), exp };
    case 'key':
      return { kind: 'key', kid: textOf(entry, 'kid'), exp };
    default:
      throw new RevocationFeedError('an entry of a kind that is not known here');
  }
}

function objectOf(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject;
  throw new RevocationFeedError('an entry that is no object');
}

function cutOff(entry: JsonObject): { before: number } {
  return { before: secondsOf(entry, 'before') };
}

function secondsOf(entry: JsonObject, name: 'exp' | 'before'): number {
  const value = entry[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RevocationFeedError(`an entry whose ${name} is no time`);
}

function textOf(entry: JsonObject, name: string): string {
  const value = entry[name];
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value;
  throw new RevocationFeedError(`an entry whose ${name} is no text of 1 to ${longest} characters`);
}
