import type { SigningJwk } from '@countersign/token';

import { ConfigError } from '../config/config-error.js';
import { seal, unseal } from './seal.js';

/** A private half as it lies in the database. @internal */
export interface SealedKey {
  readonly kid: string;
  readonly sealedPrivateJwk: string;
}

/**
 * Seals private halves with one key and opens them with either of two, so that the sealing key can
 * be changed while replicas run.
 * @internal
 */
export class KeySealer {
  constructor(
    private readonly current: Buffer,
    private readonly previous?: Buffer,
  ) {}

  /** Encrypts a private half, bound to its kid. */
  seal(privateJwk: SigningJwk): string {
    return seal(this.current, privateJwk.kid, JSON.stringify(privateJwk));
  }

  /** Refuses (ConfigError) what neither key opens. */
  open({ kid, sealedPrivateJwk }: SealedKey): SigningJwk {
    return JSON.parse(this.textOf(kid, sealedPrivateJwk).text) as SigningJwk;
  }

  /**
   * The same half sealed with the current key, or `undefined` when it is already. Refuses as `open`.
   */
  resealed({ kid, sealedPrivateJwk }: SealedKey): string | undefined {
    const { text, isCurrent } = this.textOf(kid, sealedPrivateJwk);
    return isCurrent ? undefined : seal(this.current, kid, text);
  }

  private textOf(kid: string, sealed: string): { text: string; isCurrent: boolean } {
    try {
      return { text: unseal(this.current, kid, sealed), isCurrent: true };
    } catch (cause) {
      if (this.previous === undefined) throw doesNotOpen(kid, cause);
    }
    try {
      return { text: unseal(this.previous, kid, sealed), isCurrent: false };
    } catch (cause) {
      throw doesNotOpen(kid, cause);
    }
  }
}

function doesNotOpen(kid: string, cause: unknown): ConfigError {
  return new ConfigError(
    [
      `KEY_ENCRYPTION_KEY: does not open signing key ${kid}. Set the key it was sealed with, or give ` +
        'that one as KEY_ENCRYPTION_KEY_PREVIOUS: replicas that share a database must share it, too',
    ],
    { cause },
  );
}
