import {
  createSigner,
  staticKeys,
  type AsymmetricAlgorithm,
  type KeyStore,
  type Signer,
  type SigningJwk,
} from '@countersign/token';

import { cachedDocument, type CachedDocument } from '../http/cached-document.js';
import { SigningKeysUnavailable } from './key-problems.js';
import type { StoredKey } from './signing-key-store.js';

/** What the ring does for the request path. @internal */
export interface SigningKeysPort {
  /** Used where an algorithm has no key that may sign yet. */
  readonly defaultAlgorithm: AsymmetricAlgorithm;
  /** Seconds that the key set may be kept. */
  readonly maxAge: number;
  /** Seconds that a token may live; keys are published for as long after they signed. */
  readonly longestLife: number;
  /** Whether what is held may be acted on. */
  isFresh(): boolean;
  /** Somebody needs keys of an algorithm that has none; returns at once. */
  want(algorithm: AsymmetricAlgorithm): void;
  /** The private half of a key. */
  open(key: StoredKey): SigningJwk;
}

interface HeldKeys {
  readonly signers: ReadonlyMap<AsymmetricAlgorithm, Signer>;
  readonly rings: ReadonlySet<AsymmetricAlgorithm>;
  readonly document: CachedDocument;
  readonly store: KeyStore;
}

/** The signing keys of this service: what signs now, and what others verify with. @publicApi */
export class SigningKeys {
  /** Seconds that the key set may be kept by whoever read it. */
  readonly maxAge: number;
  /** Seconds that a signed token may live at most: one that lives longer outlives its key. */
  readonly longestLife: number;
  readonly #port: SigningKeysPort;
  #held: HeldKeys | undefined;
  /** Signers by kid: importing a key costs more than signing with it. */
  #signers = new Map<string, Signer>();

  /** @internal */
  constructor(port: SigningKeysPort) {
    this.#port = port;
    this.maxAge = port.maxAge;
    this.longestLife = port.longestLife;
  }

  /**
   * What signs the tokens of this service now. Ask for each token: keys rotate. An algorithm without
   * an announced key gets the default's signer, and from the first call on a ring of its own.
   *
   * Throws SigningKeysUnavailable (503) when this process may have missed a change of keys.
   */
  signer(algorithm: AsymmetricAlgorithm = this.#port.defaultAlgorithm): Signer {
    const { signers, rings } = this.#current();
    if (!rings.has(algorithm)) this.#port.want(algorithm);
    const [any] = signers.values();
    const signer = signers.get(algorithm) ?? signers.get(this.#port.defaultAlgorithm) ?? any;
    if (signer === undefined) throw new SigningKeysUnavailable();
    return signer;
  }

  /** The JWK Set that the service publishes. Throws as `signer`. */
  get document(): CachedDocument {
    return this.#current().document;
  }

  /** Algorithms that sign now, the default first. Throws as `signer`. */
  get algorithms(): readonly AsymmetricAlgorithm[] {
    const first = this.#port.defaultAlgorithm;
    const all = [...this.#current().signers.keys()];
    return all.sort((a, b) => Number(b === first) - Number(a === first));
  }

  /** Verifies what this service signed, without asking it over HTTP; throws as `signer`. */
  get keyStore(): KeyStore {
    return { find: (query) => this.#current().store.find(query) };
  }

  /** @internal */
  get isUsable(): boolean {
    return this.#held !== undefined && this.#port.isFresh();
  }

  /** Takes what the database holds; rejects nothing half. @internal */
  replace(keys: readonly StoredKey[]): void {
    const live = keys.filter(({ state }) => state !== 'retired');
    const signers = new Map<string, Signer>();
    for (const key of live) {
      if (key.state === 'active' || key.state === 'next') signers.set(key.kid, this.#signerOf(key));
    }
    const active = live.filter(({ state }) => state === 'active');
    const jwks = live.map(({ publicJwk }) => publicMembers(publicJwk));
    this.#held = {
      signers: new Map(active.map((key) => [key.algorithm, signers.get(key.kid) as Signer])),
      rings: new Set(live.map(({ algorithm }) => algorithm)),
      document: cachedDocument({ keys: jwks }),
      store: staticKeys(
        jwks,
        live.map(({ algorithm }) => algorithm),
      ),
    };
    this.#signers = signers;
  }

  /** From now on nothing is known, until `replace`. @internal */
  forget(): void {
    this.#held = undefined;
  }

  #signerOf(key: StoredKey): Signer {
    const { kid, algorithm } = key;
    const known = this.#signers.get(kid);
    return known ?? createSigner({ algorithm, kid, privateKey: this.#port.open(key) });
  }

  #current(): HeldKeys {
    if (this.#held === undefined || !this.#port.isFresh()) throw new SigningKeysUnavailable();
    return this.#held;
  }
}

const publicNames = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];

/** Only members known to be public: whatever else a row holds never leaves. */
function publicMembers(jwk: SigningJwk): Record<string, unknown> {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => publicNames.includes(name)));
}
