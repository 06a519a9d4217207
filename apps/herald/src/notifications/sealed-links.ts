import { seal, unseal, type SharedSecrets } from '@countersign/runtime';

/**
 * Seals the links of mails that wait: who reads the table, or a backup of it, opens no account. Each
 * is bound to its notification.
 */
export class SealedLinks {
  readonly #keys: readonly [Buffer, ...Buffer[]];

  constructor(secrets: Pick<SharedSecrets, 'derive'>) {
    this.#keys = secrets.derive('links in mails');
  }

  /** Seals the link of a notification. */
  seal(notification: string, link: string): string {
    return seal(this.#keys[0], notification, link);
  }

  /** Opens it; undefined when it was sealed by a key that is gone. */
  open(notification: string, sealed: string): string | undefined {
    for (const key of this.#keys) {
      try {
        return unseal(key, notification, sealed);
      } catch {
        // The key before opens what was sealed before.
      }
    }
    return undefined;
  }
}
