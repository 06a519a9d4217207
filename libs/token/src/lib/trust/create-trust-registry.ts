import { systemClock } from '../clock.js';
import { createKeyStore } from '../keys/create-key-store.js';
import type { KeyStoreOptions, KeyStoreStatus, RemoteKeyStore } from '../keys/create-key-store.js';
import type { ReaderOptions } from '../keys/document-reader.js';
import { jwksSource } from '../keys/jwks-source.js';
import type { KeySource } from '../keys/key-source.js';
import { metadataSource } from '../keys/metadata-source.js';
import type { Carrier, Clock, KeyStore, TrustedIssuer } from '../types.js';
import type { TrustEntry } from './trust-entry.js';

/** What a trust registry works with; all injected in tests. @publicApi */
export interface TrustRegistryDeps {
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** How keys are read and kept, for every issuer alike. */
  readonly keys?: KeyStoreOptions & Omit<ReaderOptions, 'fetch'>;
}

/** Everybody a service trusts. @publicApi */
export interface TrustRegistry {
  readonly issuers: readonly TrustedIssuer[];
  /** The carriers that these issuers use: credentials elsewhere are not looked at. */
  readonly carriers: ReadonlySet<Carrier>;
  /** The issuer of exactly this `iss`; nothing is normalised, nothing is fetched. */
  find(iss: string): TrustedIssuer | undefined;
  /** Reads the keys of every issuer that has none fresh; rejects when one has none usable. */
  load(): Promise<void>;
  /** State of the keys by issuer name, for health reports; issuers with configured keys are left out. */
  status(): Readonly<Record<string, KeyStoreStatus>>;
}

/**
 * Resolves trust entries to issuers with their key stores. Nothing is fetched until a key is needed.
 *
 * Refuses with a TypeError two entries with the same issuer or name. Without entries nobody is
 * trusted: an application that only has public routes needs no more.
 * @publicApi
 */
export function createTrustRegistry(
  entries: readonly TrustEntry[],
  deps: TrustRegistryDeps = {},
): TrustRegistry {
  refuseDuplicates(entries, 'issuer');
  refuseDuplicates(entries, 'name');
  const remote = new Map<string, RemoteKeyStore>();
  const issuers = entries.map((entry) => {
    const store = storeOf(entry, deps);
    if ('status' in store) remote.set(entry.name, store);
    return Object.freeze<TrustedIssuer>({ ...entry, keys: store });
  });
  const byIssuer = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));

  return Object.freeze<TrustRegistry>({
    issuers: Object.freeze(issuers),
    carriers: new Set(issuers.map(({ carrier }) => carrier)),
    find: (iss) => byIssuer.get(iss),
    load: async () => {
      await Promise.all([...remote.values()].map((store) => store.load()));
    },
    status: () => Object.fromEntries([...remote].map(([name, store]) => [name, store.status()])),
  });
}

function storeOf(
  { keys, issuer, algorithms }: TrustEntry,
  deps: TrustRegistryDeps,
): KeyStore | RemoteKeyStore {
  if (keys.from === 'configuration') return keys.store;
  const clock = deps.clock ?? systemClock;
  const reading = { ...deps.keys, ...(deps.fetch === undefined ? {} : { fetch: deps.fetch }) };
  const source: KeySource =
    keys.from === 'jwks'
      ? jwksSource(keys.url, reading)
      : metadataSource(issuer, { ...reading, clock, jwksOrigins: keys.jwksOrigins });
  return createKeyStore(source, { ...deps.keys, algorithms, clock });
}

function refuseDuplicates(entries: readonly TrustEntry[], option: 'issuer' | 'name'): void {
  const seen = new Set<string>();
  for (const { [option]: value } of entries) {
    if (seen.has(value)) throw new TypeError(`trust names the ${option} ${value} twice`);
    seen.add(value);
  }
}
