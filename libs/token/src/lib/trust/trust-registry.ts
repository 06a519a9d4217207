import type { KeyStoreOptions, KeyStoreStatus } from '../keys/create-key-store.js';
import type { ReaderOptions } from '../keys/document-reader.js';
import type { Carrier, Clock, TrustedIssuer } from '../types.js';
import type { RevocationEvent, RevocationStatus } from './issuer-revocation.js';
import type { TrustEvent, TrustSourceStatus } from './trust-source.js';

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
  /** Told what happens to sources of trust. */
  readonly onTrust?: (event: TrustEvent) => void;
}

/** Everybody a service trusts, now: sources may change it while it is used. @publicApi */
export interface TrustRegistry {
  readonly issuers: readonly TrustedIssuer[];
  /**
   * The carriers that these issuers use: credentials elsewhere are not looked at. While a source was
   * never read, all of them.
   */
  readonly carriers: ReadonlySet<Carrier>;
  /**
   * The issuer of exactly this `iss`; nothing is normalised, nothing is fetched. Throws AccessError
   * TRUST_UNAVAILABLE when a source that may know it cannot be believed.
   */
  find(iss: string): TrustedIssuer | undefined;
  /** The one server that is asked about opaque tokens in this carrier; throws as `find` does. */
  opaque(carrier: Carrier): TrustedIssuer | undefined;
  /**
   * Reads every source once, and from then on again and again; rejects with a TypeError for one that
   * is required and cannot be read.
   */
  open(): Promise<void>;
  /** Reads every source now; never rejects. */
  refresh(): Promise<void>;
  /** State of the sources. */
  sources(): readonly TrustSourceStatus[];
  /** Reads the keys of every issuer that has none fresh; rejects when one has none usable. */
  load(): Promise<void>;
  /**
   * State of the keys by issuer name, for health reports; issuers with configured keys are left out.
   */
  status(): Readonly<Record<string, KeyStoreStatus>>;
  /** Starts following the revocations that are to be followed; the first token would, too. */
  follow(): void;
  /** State of the revocations by issuer name; issuers without any are left out. */
  revocations(): Readonly<Record<string, RevocationStatus>>;
  /**
   * Ends what {@link open} and {@link follow} began; resolves when no connection and no timer is
   * left.
   */
  close(): Promise<void>;
}
