/**
 * One trust entry at work: its issuer, with keys or questions, and its revocations. What an entry
 * before it made is used on wherever it still fits: keys are not asked for again, and revocations not
 * forgotten, because something else of an entry changed.
 */
import { isDeepStrictEqual } from 'node:util';

import { systemClock } from '../clock.js';
import { Introspector } from '../introspection/introspector.js';
import { createKeyStore } from '../keys/create-key-store.js';
import type { RemoteKeyStore } from '../keys/create-key-store.js';
import type { ReaderOptions } from '../keys/document-reader.js';
import { jwksSource } from '../keys/jwks-source.js';
import { metadataEndpoint } from '../keys/metadata-endpoint.js';
import { metadataSource } from '../keys/metadata-source.js';
import { noKeys } from '../keys/static-keys.js';
import { boundedFetch } from '../net/bounded-fetch.js';
import type { JsonObject, KeyStore, TrustedIssuer } from '../types.js';
import { IssuerRevocation } from './issuer-revocation.js';
import type { FollowedSource } from './followed-source.js';
import type { RevocationSettings } from './revocation-settings.js';
import { isSameEntry, isSameKeys } from './same-entry.js';
import type { AskedServer, KeysOfIssuer, TrustEntry } from './trust-entry.js';
import type { TrustRegistryDeps } from './trust-registry.js';

/** @internal */
export interface Party {
  readonly entry: TrustEntry;
  /** Who named it; undefined for what is listed once and for all. */
  readonly source: FollowedSource | undefined;
  readonly issuer: TrustedIssuer;
  readonly store: KeyStore | RemoteKeyStore;
  readonly revocation: IssuerRevocation | undefined;
  readonly listener: MetadataListener;
}

/** Whose revocations want to know of metadata; a store keeps one, and may outlive a party. */
interface MetadataListener {
  revocation: IssuerRevocation | undefined;
}

/** Puts an entry to work, with what the one before it for the same issuer has. @internal */
export function makeParty(
  entry: TrustEntry,
  deps: TrustRegistryDeps,
  source?: FollowedSource,
  before?: Party,
): Party {
  if (before !== undefined && isSameEntry(before.entry, entry)) return before;
  const listener = before?.listener ?? { revocation: undefined };
  const store = reusableStore(entry, before) ?? storeOf(entry, deps, listener);
  const { revocation: settings, keys, ...rest } = entry;
  const introspection = keys.from === 'introspection' && {
    introspection: introspectorOf(entry, keys, deps),
  };
  const trusted = { ...rest, ...introspection, keys: store };
  if (settings === undefined || 'check' in settings) {
    const issuer = Object.freeze({ ...trusted, ...(settings && { revocation: settings }) });
    return { entry, source, issuer, store, revocation: undefined, listener };
  }
  const revocation =
    reusableRevocation(entry, store, before) ??
    revocationOf({ ...entry, revocation: settings }, store, deps, before);
  const { keys: checked, check } = revocation;
  const issuer = Object.freeze<TrustedIssuer>({ ...trusted, keys: checked, revocation: check });
  return { entry, source, issuer, store, revocation, listener };
}

/** From now on it counts: its revocations are the ones that hear of metadata. @internal */
export function activate({ listener, revocation }: Party): void {
  listener.revocation = revocation;
}

function reusableStore(entry: TrustEntry, before: Party | undefined): Party['store'] | undefined {
  if (before === undefined || !isSameKeys(before.entry.keys, entry.keys)) return undefined;
  return isDeepStrictEqual(before.entry.algorithms, entry.algorithms) ? before.store : undefined;
}

function reusableRevocation(
  entry: TrustEntry,
  store: Party['store'],
  before: Party | undefined,
): IssuerRevocation | undefined {
  if (before === undefined || before.store !== store) return undefined;
  const isSame =
    before.entry.name === entry.name &&
    isDeepStrictEqual(before.entry.revocation, entry.revocation);
  return isSame ? before.revocation : undefined;
}

function revocationOf(
  entry: TrustEntry & { readonly revocation: RevocationSettings },
  store: Party['store'],
  deps: TrustRegistryDeps,
  before: Party | undefined,
): IssuerRevocation {
  return new IssuerRevocation(entry, entry.revocation, store, {
    reading: readingOf(deps),
    clock: deps.clock ?? systemClock,
    clockTolerance: deps.clockTolerance ?? 10,
    onEvent: deps.onRevocation ?? (() => undefined),
    // What is known to be revoked stays so, whatever else is said of the issuer now.
    set: before?.revocation?.set,
  });
}

function storeOf(
  { keys, issuer, algorithms }: TrustEntry,
  deps: TrustRegistryDeps,
  listener: MetadataListener,
): KeyStore | RemoteKeyStore {
  if (keys.from === 'configuration') return keys.store;
  if (keys.from === 'introspection') return noKeys;
  const clock = deps.clock ?? systemClock;
  const reading = { ...networkBounds(keys), ...readingOf(deps) };
  const onMetadata = (metadata: JsonObject) => listener.revocation?.onMetadata(metadata);
  const source =
    keys.from === 'jwks'
      ? jwksSource(keys.url, reading)
      : metadataSource(issuer, { ...reading, ...keys, clock, onMetadata });
  return createKeyStore(source, { ...deps.keys, algorithms, clock });
}

/** What somebody else wrote down may lead to public addresses only, and to those that are listed. */
function networkBounds(keys: Exclude<KeysOfIssuer, { from: 'configuration' }>): ReaderOptions {
  if (keys.from === 'metadata' || keys.networks === undefined) return {};
  const { networks } = keys;
  const ca = keys.from === 'jwks' ? keys.ca : undefined;
  return { fetch: boundedFetch({ networks, ...(ca !== undefined && { ca }) }) };
}

function introspectorOf(
  { name, issuer }: TrustEntry,
  keys: AskedServer,
  deps: TrustRegistryDeps,
): Introspector {
  const { endpoint, client, readsJwts, maxAge, timeout, concurrency } = keys;
  const clock = deps.clock ?? systemClock;
  const reading = { ...networkBounds(keys), ...readingOf(deps) };
  const { fetch: ask = fetch } = reading;
  const find = metadataEndpoint(issuer, 'introspection_endpoint', { ...reading, clock });
  return new Introspector({
    name,
    issuer,
    endpoint: endpoint === undefined ? find : async () => endpoint,
    client,
    readsJwts,
    maxAge,
    timeout: timeout * 1000,
    concurrency,
    fetch: ask,
    clock,
  });
}

function readingOf(deps: TrustRegistryDeps): ReaderOptions {
  return { ...deps.keys, ...(deps.fetch === undefined ? {} : { fetch: deps.fetch }) };
}
