import { hkdfSync } from 'node:crypto';

/**
 * Secrets that all replicas of a service have without telling each other: derived from the key that
 * seals their private keys, which they share anyway.
 * @publicApi
 */
export class SharedSecrets {
  readonly #keys: readonly Buffer[];
  readonly #service: string;

  /** The keys that seal, the one in use first; none leaves this object. @internal */
  constructor(keys: readonly Buffer[], service: string) {
    this.#keys = keys;
    this.#service = service;
  }

  /**
   * 32 bytes for one purpose (HKDF-SHA256, RFC 5869); nothing can be learned from them about those of
   * another. The first is the one to use; while the sealing key is being replaced a second follows,
   * that of the key before.
   */
  derive(purpose: string): readonly [Buffer, ...Buffer[]] {
    const info = `countersign ${this.#service}: ${purpose}`;
    const secrets = this.#keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', info, 32)));
    return secrets as [Buffer, ...Buffer[]];
  }
}
