import type { JsonWebKey } from 'node:crypto';

import {
  asymmetricAlgorithms,
  createKeyStore,
  jwksSource,
  metadataSource,
  staticKeys,
  type AsymmetricAlgorithm,
  type Clock,
  type KeyStore,
} from '@countersign/token';

import { keyUsesOf } from '../../registry/documents/document-checks.js';
import type { Client, Issuer } from '../../registry/registry.js';

/** What a fetch may reach: private networks and an authority of their own, if any. */
export interface FetchBounds {
  readonly networks: readonly string[];
  readonly ca: string | undefined;
}

/** Makes a fetch that reaches nothing outside its bounds. */
export type FetchWithin = (bounds: FetchBounds) => typeof fetch;

/** Keys of one party, as the registry describes them. */
interface KeyDescription extends FetchBounds {
  readonly from:
    | { readonly jwks: readonly JsonWebKey[] }
    | { readonly jwksUri: string }
    | { readonly metadataOf: string };
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly uses: readonly string[];
}

interface HeldKeys {
  readonly description: string;
  readonly store: KeyStore;
}

/** Key stores kept at most; the one that was made first goes first, and is made again when needed. */
const mostStores = 20_000;

/** Of two requests one after the other (metadata, then keys) within the 5 s of an answer. */
const timeout = '2s';

/**
 * The public keys of clients and trusted issuers. A store is kept for as long as the registry
 * describes its keys in the same way: what it has read, its cool-down and its back-off survive every
 * other change of the registry.
 */
export class PartyKeys {
  private readonly held = new Map<string, HeldKeys>();

  constructor(
    private readonly fetchWithin: FetchWithin,
    private readonly clock: Clock,
  ) {}

  /** The keys of a client; undefined when it has none. Throws a TypeError for keys of no use. */
  ofClient({ id, keys, algorithms }: Client): KeyStore | undefined {
    if (keys === undefined) return undefined;
    const { networks, ca } = 'jwksUri' in keys ? keys : { networks: [], ca: undefined };
    const from = 'jwksUri' in keys ? { jwksUri: keys.jwksUri } : { jwks: keys.jwks };
    return this.storeFor(`client ${id}`, {
      from,
      algorithms: algorithms.length > 0 ? algorithms : asymmetricAlgorithms,
      uses: keyUsesOf(id),
      networks,
      ca,
    });
  }

  /** The keys of a trusted issuer. Throws a TypeError for keys of no use. */
  ofIssuer({ name, issuer, keys, algorithms, networks, ca }: Issuer): KeyStore {
    const from = 'discover' in keys ? { metadataOf: issuer } : keys;
    const uses = keyUsesOf(issuer);
    return this.storeFor(`issuer ${name}`, { from, algorithms, uses, networks, ca });
  }

  private storeFor(party: string, keys: KeyDescription): KeyStore {
    const description = JSON.stringify(keys);
    const held = this.held.get(party);
    if (held?.description === description) return held.store;
    const store = this.make(keys);
    this.held.delete(party);
    this.held.set(party, { description, store });
    if (this.held.size > mostStores) this.forgetFirst();
    return store;
  }

  private make({ from, algorithms, uses, networks, ca }: KeyDescription): KeyStore {
    if ('jwks' in from) return staticKeys(from.jwks, algorithms, { uses });
    const { clock } = this;
    const reading = { fetch: this.fetchWithin({ networks, ca }), timeout, clock } as const;
    const source =
      'jwksUri' in from
        ? jwksSource(from.jwksUri, reading)
        : metadataSource(from.metadataOf, reading);
    return createKeyStore(source, { algorithms, uses, clock });
  }

  private forgetFirst(): void {
    for (const party of this.held.keys()) {
      this.held.delete(party);
      return;
    }
  }
}
