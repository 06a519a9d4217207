import type { Json } from '@countersign/token';

import { UnfitToken } from '../assertions/unfit-token.js';

/** Who acts, and for whom that one acted (RFC 8693 section 4.1): all of an `act` claim we keep. */
export type Actor = {
  readonly sub: string;
  /** Under whose names `sub` has its meaning; left out for our own clients. */
  readonly iss?: string;
  readonly act?: Actor;
};

const longest = 256;
const deepest = 16;

/**
 * The chain of actors in the `act` claim of a verified token; undefined when there is none.
 *
 * Only `sub`, `iss` and `act` are kept, and who is named by another issuer keeps that issuer's name:
 * nobody there can pose as a client of ours. Throws UnfitToken for any other form.
 */
export function readActors(act: Json | undefined, namedBy: string | undefined): Actor | undefined {
  return act === undefined ? undefined : readActor(act, namedBy, 1);
}

function readActor(value: Json, namedBy: string | undefined, depth: number): Actor {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > deepest) {
    throw new UnfitToken('act is no chain of actors');
  }
  const { sub, iss = namedBy, act } = value as { readonly [member: string]: Json | undefined };
  if (!isName(sub) || !(iss === undefined || isName(iss))) {
    throw new UnfitToken('an actor has no name');
  }
  return {
    sub,
    ...(iss === undefined ? {} : { iss }),
    ...(act === undefined ? {} : { act: readActor(act, iss, depth + 1) }),
  };
}

/** Whether somebody in a chain is named by this issuer. */
export function isAnyNamedBy(issuer: string, chain: Actor | undefined): boolean {
  return chain !== undefined && (chain.iss === issuer || isAnyNamedBy(issuer, chain.act));
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest;
}

/** The chain with this client as its outermost actor; a client that is so already is not repeated. */
export function actThrough(client: string, chain: Actor | undefined): Actor {
  if (chain === undefined) return { sub: client };
  const isThere = chain.sub === client && chain.iss === undefined;
  return isThere ? chain : { sub: client, act: chain };
}

/** How many actors a chain has. */
export function lengthOf(chain: Actor | undefined): number {
  return chain === undefined ? 0 : 1 + lengthOf(chain.act);
}
