/**
 * Everybody a service trusts. What is asked on every request is one frozen table; a change makes a
 * new one and puts it in the place of the old.
 */
import { systemClock } from '../clock.js';
import type { RemoteKeyStore } from '../keys/create-key-store.js';
import type { Carrier, TrustedIssuer } from '../types.js';
import type { IssuerRevocation } from './issuer-revocation.js';
import { FollowedSource } from './followed-source.js';
import { activate, makeParty } from './party.js';
import type { Party } from './party.js';
import { changesOf } from './trust-changes.js';
import type { TrustEntry } from './trust-entry.js';
import type { TrustRegistry, TrustRegistryDeps } from './trust-registry.js';
import { makeTable } from './trust-table.js';
import type { TrustTable } from './trust-table.js';
import { isTrustSource } from './trust-source.js';
import type { TrustSource } from './trust-source.js';

/**
 * Resolves trust entries to issuers with their key stores, and sources to entries. Nothing is fetched
 * until a key is needed or a source is opened.
 *
 * Refuses with a TypeError two entries with the same issuer or name, and two servers that would be
 * asked about the same opaque tokens. Without entries nobody is trusted: an application that only has
 * public routes needs no more. Entries of a source that contradict others are a failure of that
 * source: all stays as it was.
 *
 * An entry that says the same as before keeps its issuer, keys and caches; of one that changed,
 * whatever still fits is kept. An issuer that is no longer named is nobody from that moment on.
 * @publicApi
 */
export function createTrustRegistry(
  members: readonly (TrustEntry | TrustSource)[],
  deps: TrustRegistryDeps = {},
): TrustRegistry {
  const registry = new LiveRegistry(members, deps);
  return Object.freeze<TrustRegistry>({
    get issuers() {
      return registry.table.issuers;
    },
    get carriers() {
      return registry.carriers;
    },
    find: (iss) => registry.find(iss),
    opaque: (carrier) => registry.opaque(carrier),
    open: () => registry.open(),
    refresh: () => registry.refresh(),
    sources: () => registry.sources.map((source) => source.status()),
    load: async () => {
      // One that cannot be read must not hide what the others answer a moment later.
      const loaded = registry.remote().map(([, store]) => store.load());
      await Promise.allSettled(loaded);
      await Promise.all(loaded);
    },
    status: () =>
      Object.fromEntries(registry.remote().map(([name, store]) => [name, store.status()])),
    follow: () => registry.follow(),
    revocations: () =>
      Object.fromEntries(
        registry.revocations().map(([name, revocation]) => [name, revocation.status()]),
      ),
    close: () => registry.close(),
  });
}

const everyCarrier: readonly Carrier[] = ['Bearer', 'JWT', 'Token'];

class LiveRegistry {
  readonly sources: readonly FollowedSource[];
  table: TrustTable;
  readonly #allCarriers: ReadonlySet<Carrier>;
  readonly #closing = new Set<Promise<void>>();
  #isFollowing = false;

  constructor(
    members: readonly (TrustEntry | TrustSource)[],
    private readonly deps: TrustRegistryDeps,
  ) {
    const { clock = systemClock, onTrust: onEvent = () => undefined } = deps;
    const enforce = (source: FollowedSource, entries: readonly TrustEntry[]): void =>
      this.#enforce(source, entries);
    this.sources = members
      .filter(isTrustSource)
      .map((source) => new FollowedSource(source, { clock, enforce, onEvent }));
    this.#allCarriers = new Set(deps.dpop === true ? [...everyCarrier, 'DPoP'] : everyCarrier);
    const listed = members.filter((member): member is TrustEntry => !isTrustSource(member));
    this.table = this.#tableOf(listed.map((entry) => makeParty(entry, deps)));
  }

  get carriers(): ReadonlySet<Carrier> {
    const isComplete = this.sources.every(({ isLoaded }) => isLoaded);
    return isComplete ? this.table.carriers : this.#allCarriers;
  }

  find(iss: string): TrustedIssuer | undefined {
    return this.#believed(this.table.byIssuer.get(iss));
  }

  opaque(carrier: Carrier): TrustedIssuer | undefined {
    return this.#believed(this.table.byCarrier.get(carrier === 'DPoP' ? 'Bearer' : carrier));
  }

  async open(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.open()));
  }

  async refresh(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.refresh()));
  }

  follow(): void {
    this.#isFollowing = true;
    for (const [, revocation] of this.revocations()) revocation.follow();
  }

  async close(): Promise<void> {
    for (const source of this.sources) source.close();
    for (const [, revocation] of this.revocations()) this.#end(revocation);
    await Promise.all(this.#closing);
  }

  remote(): [string, RemoteKeyStore][] {
    return this.table.parties.flatMap(({ entry, store }): [string, RemoteKeyStore][] =>
      'status' in store ? [[entry.name, store]] : [],
    );
  }

  revocations(): [string, IssuerRevocation][] {
    return this.table.parties.flatMap(({ entry, revocation }): [string, IssuerRevocation][] =>
      revocation === undefined ? [] : [[entry.name, revocation]],
    );
  }

  /** Not to be found is an answer only if everybody who might know was heard. */
  #believed(party: Party | undefined): TrustedIssuer | undefined {
    const asked = party === undefined ? this.sources : this.#sourceOf(party);
    for (const source of asked) if (!source.isBelieved) throw source.unavailable();
    return party?.issuer;
  }

  #sourceOf({ source }: Party): readonly FollowedSource[] {
    return source === undefined ? nobody : [source];
  }

  #enforce(source: FollowedSource, entries: readonly TrustEntry[]): void {
    const before = this.table;
    const kept = before.parties.filter((party) => party.source !== source);
    const own = entries.map((entry) => this.#party(entry, source));
    const after = this.#tableOf([...kept, ...own]);
    this.table = after;
    this.#startAndStop(before, after);
    this.#tell(source, before, after);
  }

  #party(entry: TrustEntry, source: FollowedSource): Party {
    const known = this.table.byIssuer.get(entry.issuer);
    return makeParty(entry, this.deps, source, known?.source === source ? known : undefined);
  }

  #tableOf(parties: readonly Party[]): TrustTable {
    const table = makeTable(parties, this.deps.dpop === true);
    parties.forEach(activate);
    return table;
  }

  #startAndStop(before: TrustTable, after: TrustTable): void {
    const inUse = new Set(after.parties.map(({ revocation }) => revocation));
    for (const { revocation } of before.parties)
      if (revocation !== undefined && !inUse.has(revocation)) this.#end(revocation);
    if (this.#isFollowing) this.follow();
  }

  #end(revocation: IssuerRevocation): void {
    const ended = revocation.close().finally(() => this.#closing.delete(ended));
    this.#closing.add(ended);
  }

  #tell(source: FollowedSource, before: TrustTable, after: TrustTable): void {
    const { added, changed, removed } = changesOf(source, before, after);
    if (added.length + changed.length + removed.length === 0) return;
    const { location } = source.source;
    try {
      this.deps.onTrust?.({ kind: 'replaced', location, added, changed, removed });
    } catch {
      // An observer must not decide who is trusted.
    }
  }
}

const nobody: readonly FollowedSource[] = [];
