import type { Carrier, TrustedIssuer } from '../types.js';
import type { Party } from './party.js';

/** Who is trusted at one moment; never changes. @internal */
export interface TrustTable {
  readonly parties: readonly Party[];
  readonly issuers: readonly TrustedIssuer[];
  readonly carriers: ReadonlySet<Carrier>;
  /** By the exact `iss`. */
  readonly byIssuer: ReadonlyMap<string, Party>;
  /** Who is asked about opaque tokens, by carrier. */
  readonly byCarrier: ReadonlyMap<Carrier, Party>;
}

/**
 * Refuses with a TypeError two parties with one issuer or name, and two that would be asked about the
 * same opaque tokens: an opaque token names nobody, and must not be shown around.
 * @internal
 */
export function makeTable(parties: readonly Party[], dpop: boolean): TrustTable {
  const asked = parties.filter(({ issuer }) => issuer.introspection !== undefined);
  refuseDuplicates(parties, 'issuer', ({ entry }) => entry.issuer);
  refuseDuplicates(parties, 'name', ({ entry }) => entry.name);
  refuseDuplicates(asked, 'introspection server of carrier', ({ entry }) => entry.carrier);
  return Object.freeze<TrustTable>({
    parties: Object.freeze([...parties]),
    issuers: Object.freeze(parties.map(({ issuer }) => issuer)),
    carriers: carriersOf(parties, dpop),
    byIssuer: new Map(parties.map((party) => [party.entry.issuer, party])),
    byCarrier: new Map(asked.map((party) => [party.entry.carrier, party])),
  });
}

/**
 * Tokens of `Bearer` issuers may be bound to a key: the other scheme is looked at where that can be
 * checked.
 */
function carriersOf(parties: readonly Party[], dpop: boolean): ReadonlySet<Carrier> {
  const carriers = new Set<Carrier>(parties.map(({ entry }) => entry.carrier));
  return dpop && carriers.has('Bearer') ? carriers.add('DPoP') : carriers;
}

function refuseDuplicates(
  parties: readonly Party[],
  what: string,
  valueOf: (party: Party) => string,
): void {
  const seen = new Set<string>();
  for (const value of parties.map(valueOf)) {
    if (seen.has(value)) throw new TypeError(`trust names the ${what} ${value} twice`);
    seen.add(value);
  }
}
