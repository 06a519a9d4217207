/**
 * An issuer whose tokens are real: real keys, real signatures, real trust entries. Only its clock
 * and, if it serves at all, its address are the test's.
 */
import type { JsonWebKey } from 'node:crypto';

import { authorizationServer, servicePeer, systemClock } from '@countersign/token';
import type {
  Algorithm,
  Binding,
  Clock,
  CommonTrustOptions,
  RevocationOptions,
  TrustEntry,
} from '@countersign/token';

import { serveIssuer } from './serve-issuer.js';
import type { ServedIssuer, ServeOptions } from './serve-issuer.js';
import { createTestKey } from './test-key.js';
import type { TestKey } from './test-key.js';

/** How far the receiver trusts a test issuer; what is left out is the library's default. @publicApi */
export interface TestTrust extends CommonTrustOptions {
  readonly mayAssert?: readonly string[];
  /** For an authorization server. */
  readonly callers?: Readonly<Record<string, string>>;
  /** For an authorization server. */
  readonly revocation?: RevocationOptions | 'off';
  /** For a service peer. */
  readonly legacy?: boolean;
  /** For a service peer. */
  readonly bound?: Binding;
  /** For a service peer. */
  readonly singleUse?: boolean;
}

/** Which issuer to make. @publicApi */
export interface TestIssuerOptions {
  /** `authorization-server` unless told. */
  readonly kind?: 'authorization-server' | 'service-peer';
  /** The receiver's name for it: `auth-server` or `herald` unless told. */
  readonly name?: string;
  /** Its `iss`: `https://<name>.example`, for a service peer with a final slash, unless told. */
  readonly issuer?: string;
  /** ES256 unless told. */
  readonly algorithm?: Algorithm;
  /** Dates its tokens; the clock of this machine unless told. */
  readonly clock?: Clock;
  /** Part of every trust entry it makes. */
  readonly trust?: TestTrust;
}

/** An issuer in memory. @publicApi */
export interface TestIssuer {
  readonly name: string;
  readonly kind: 'authorization-server' | 'service-peer';
  /** Its `iss`; serving changes it to the served address, unless the options named one. */
  readonly issuer: string;
  readonly algorithm: Algorithm;
  readonly clock: Clock;
  /** The key it signs with now. */
  readonly key: TestKey;
  /** The public keys it publishes now; a shared secret is never among them. */
  jwks(): { readonly keys: readonly JsonWebKey[] };
  /** Trust in the keys it has now, without network. */
  trustEntry(trust?: TestTrust): TrustEntry;
  /** Trust in the keys that it serves when asked; an Error before `serve`. */
  servedTrustEntry(trust?: TestTrust): TrustEntry;
  /** Signs with a new key from now on; the keys before stay published until retired. */
  rotate(): TestKey;
  /** Publishes this key no longer. */
  retire(kid: string): void;
  /** Answers its key set and metadata, and a feed if given, on 127.0.0.1, on a free port. */
  serve(options?: ServeOptions): Promise<ServedIssuer>;
}

/**
 * Makes an issuer with a fresh key.
 *
 * @example
 * const issuer = createTestIssuer({ trust: { subjects: ['https://census.example/user/'] } });
 * const trust = createTrustRegistry([issuer.trustEntry()]);
 * @publicApi
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  return new MemoryIssuer(options);
}

class MemoryIssuer implements TestIssuer {
  readonly name: string;
  readonly kind: TestIssuer['kind'];
  readonly algorithm: Algorithm;
  readonly clock: Clock;
  readonly #trust: TestTrust;
  readonly #isNamed: boolean;
  #issuer: string;
  #served: ServedIssuer | undefined;
  #made = 0;
  #keys: readonly TestKey[] = [];

  constructor(options: TestIssuerOptions) {
    this.kind = options.kind ?? 'authorization-server';
    this.name = options.name ?? (this.kind === 'service-peer' ? 'herald' : 'auth-server');
    this.algorithm = options.algorithm ?? 'ES256';
    this.clock = options.clock ?? systemClock;
    this.#trust = options.trust ?? {};
    this.#isNamed = options.issuer !== undefined;
    this.#issuer = options.issuer ?? this.#at(`https://${this.name}.example`);
    this.rotate();
  }

  get issuer(): string {
    return this.#issuer;
  }

  get key(): TestKey {
    return this.#keys[0] as TestKey;
  }

  jwks(): { readonly keys: readonly JsonWebKey[] } {
    const isSecret = this.algorithm.startsWith('HS');
    return { keys: isSecret ? [] : this.#keys.map(({ jwk }) => jwk) };
  }

  trustEntry(trust: TestTrust = {}): TrustEntry {
    return this.#entry({ jwks: this.#keys.map(({ jwk }) => jwk) }, trust);
  }

  servedTrustEntry(trust: TestTrust = {}): TrustEntry {
    const { jwksUri } = this.#served ?? {};
    if (jwksUri === undefined) throw new Error(`${this.name} is not served: call serve() first`);
    if (this.kind === 'service-peer') return this.#entry({ jwks: jwksUri }, trust);
    return this.#entry(this.#isNamed ? { jwksUri } : {}, trust);
  }

  rotate(): TestKey {
    this.#made += 1;
    const kid = `${this.algorithm.toLowerCase()}-${this.#made}`;
    this.#keys = [createTestKey(this.algorithm, kid), ...this.#keys];
    return this.key;
  }

  retire(kid: string): void {
    if (kid === this.key.kid) throw new Error('rotate before retiring the key that signs');
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
  }

  async serve(options: ServeOptions = {}): Promise<ServedIssuer> {
    this.#served = await serveIssuer(this, options);
    if (!this.#isNamed) this.#issuer = this.#at(this.#served.url);
    return this.#served;
  }

  #at(origin: string): string {
    return this.kind === 'service-peer' ? `${origin}/` : origin;
  }

  #entry(
    keys: { jwks?: string | readonly JsonWebKey[]; jwksUri?: string },
    trust: TestTrust,
  ): TrustEntry {
    const options = { algorithms: [this.algorithm], ...this.#trust, ...trust, ...keys };
    return this.kind === 'service-peer'
      ? servicePeer(this.name, { issuer: this.issuer, ...options } as never)
      : authorizationServer(this.issuer, { name: this.name, ...options } as never);
  }
}
