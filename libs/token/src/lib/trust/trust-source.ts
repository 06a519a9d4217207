import type { TrustEntry } from './trust-entry.js';

/**
 * Where a service learns whom to trust while it runs: a file, an authorization server, or whatever
 * an application makes of it.
 * @publicApi
 */
export interface TrustSource {
  /** For logs and health reports; holds no secret. */
  readonly location: string;
  /** Seconds between two questions. */
  readonly every: number;
  /**
   * Seconds that what was loaded is believed while it cannot be loaded again; after that nobody can
   * tell who is trusted (TRUST_UNAVAILABLE). `Infinity` for what lies on this machine.
   */
  readonly maxAge: number;
  /** Whether a first load that fails stops the start of the application. */
  readonly isRequired: boolean;
  /**
   * Everybody to be trusted from now on. Rejects when that cannot be told, or is told wrongly: then
   * all stays as it was. Settles in bounded time.
   */
  load(): Promise<readonly TrustEntry[]>;
}

/** What happened to a source, for logs and metrics. @publicApi */
export type TrustEvent = { readonly location: string } & (
  | {
      readonly kind: 'replaced';
      /** Names of issuers. */
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
    }
  /** Told once per reason, until it changes. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly failures: number }
  | { readonly kind: 'recovered' }
);

/** The state of a source, for health reports. @publicApi */
export interface TrustSourceStatus {
  readonly location: string;
  /** `never`: nothing was loaded; `old`: too old to be believed; `failing`: not the newest. */
  readonly state: 'never' | 'current' | 'failing' | 'old';
  /** Seconds since it was loaded. */
  readonly age: number | undefined;
  /** Issuers that it names. */
  readonly size: number;
  /** Failures in a row, and the last of them. */
  readonly failures: number;
  readonly lastError: string | undefined;
}

/** Whether a member of the trust list is a source of entries. @internal */
export function isTrustSource(member: TrustEntry | TrustSource): member is TrustSource {
  return typeof (member as Partial<TrustSource>).load === 'function';
}
