import { systemClock } from '../clock.js';
import { createKeyStore } from '../keys/create-key-store.js';
import type { KeyStoreOptions, KeyStoreStatus, RemoteKeyStore } from '../keys/create-key-store.js';
import type { ReaderOptions } from '../keys/document-reader.js';
import { jwksSource } from '../keys/jwks-source.js';
import type { KeySource } from '../keys/key-source.js';
import { metadataSource } from '../keys/metadata-source.js';
import { boundedFetch } from '../net/bounded-fetch.js';
import type { Carrier, Clock, JsonObject, KeyStore, TrustedIssuer } from '../types.js';
import { IssuerRevocation } from './issuer-revocation.js';
import type {
  IssuerRevocationDeps,
  RevocationEvent,
  RevocationStatus,
} from './issuer-revocation.js';
import type { TrustEntry } from './trust-entry.js';

/** What a trust registry works with; all injected in tests. @publicApi */
export interface TrustRegistryDeps {
  /** In place of every request; it has to see itself to which addresses discovery may go. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** How keys are read and kept, for every issuer alike. */
  readonly keys?: KeyStoreOptions & Omit<ReaderOptions, 'fetch'>;
  /** Seconds that clocks may disagree, for signed messages of issuers; 10 unless told. */
  readonly clockTolerance?: number;
  /** Whether `DPoP` is a carrier of issuers whose carrier is `Bearer`; only with `checkPossession`. */
  readonly dpop?: boolean;
  /** Told what happens to revocation feeds. */
  readonly onRevocation?: (event: RevocationEvent) => void;
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
  /** Starts following the revocations that are to be followed; the first token would, too. */
  follow(): void;
  /** State of the revocations by issuer name; issuers without any are left out. */
  revocations(): Readonly<Record<string, RevocationStatus>>;
  /** Ends what {@link follow} began; resolves when no connection and no timer is left. */
  close(): Promise<void>;
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
  const revocations = new Map<string, IssuerRevocation>();
  const issuers = entries.map(({ revocation: settings, ...entry }) => {
    // The store may tell of metadata before the revocations that want to know of it exist.
    const onMetadata = (metadata: JsonObject) => revocations.get(entry.name)?.onMetadata(metadata);
    const store = storeOf(entry, deps, onMetadata);
    if ('status' in store) remote.set(entry.name, store);
    if (settings === undefined) return Object.freeze<TrustedIssuer>({ ...entry, keys: store });
    if ('check' in settings) {
      return Object.freeze<TrustedIssuer>({ ...entry, keys: store, revocation: settings });
    }
    const revocation = new IssuerRevocation(entry, settings, store, revocationDeps(deps));
    revocations.set(entry.name, revocation);
    const { keys, check } = revocation;
    return Object.freeze<TrustedIssuer>({ ...entry, keys, revocation: check });
  });
  const byIssuer = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));

  return Object.freeze<TrustRegistry>({
    issuers: Object.freeze(issuers),
    carriers: carriersOf(issuers, deps.dpop === true),
    find: (iss) => byIssuer.get(iss),
    load: async () => {
      await Promise.all([...remote.values()].map((store) => store.load()));
    },
    status: () => Object.fromEntries([...remote].map(([name, store]) => [name, store.status()])),
    follow: () => revocations.forEach((revocation) => revocation.follow()),
    revocations: () =>
      Object.fromEntries([...revocations].map(([name, revocation]) => [name, revocation.status()])),
    close: async () => {
      await Promise.all([...revocations.values()].map((revocation) => revocation.close()));
    },
  });
}

function carriersOf(issuers: readonly TrustedIssuer[], dpop: boolean): ReadonlySet<Carrier> {
  const carriers = new Set<Carrier>(issuers.map(({ carrier }) => carrier));
  return dpop && carriers.has('Bearer') ? carriers.add('DPoP') : carriers;
}

function storeOf(
  { keys, issuer, algorithms }: TrustEntry,
  deps: TrustRegistryDeps,
  onMetadata: (metadata: JsonObject) => void,
): KeyStore | RemoteKeyStore {
  if (keys.from === 'configuration') return keys.store;
  const clock = deps.clock ?? systemClock;
  const networks = keys.from === 'jwks' ? keys.networks : undefined;
  const reading = { ...(networks && { fetch: boundedFetch({ networks }) }), ...readingOf(deps) };
  const source: KeySource =
    keys.from === 'jwks'
      ? jwksSource(keys.url, reading)
      : metadataSource(issuer, { ...reading, ...keys, clock, onMetadata });
  return createKeyStore(source, { ...deps.keys, algorithms, clock });
}

function readingOf(deps: TrustRegistryDeps): ReaderOptions {
  return { ...deps.keys, ...(deps.fetch === undefined ? {} : { fetch: deps.fetch }) };
}

function revocationDeps(deps: TrustRegistryDeps): IssuerRevocationDeps {
  return {
    reading: readingOf(deps),
    clock: deps.clock ?? systemClock,
    clockTolerance: deps.clockTolerance ?? 10,
    onEvent: deps.onRevocation ?? (() => undefined),
  };
}

function refuseDuplicates(entries: readonly TrustEntry[], option: 'issuer' | 'name'): void {
  const seen = new Set<string>();
  for (const { [option]: value } of entries) {
    if (seen.has(value)) throw new TypeError(`trust names the ${option} ${value} twice`);
    seen.add(value);
  }
}
