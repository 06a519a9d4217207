/**
 * What administrators may do with the signing keys: each command is one transaction with its audit
 * event. Knows no request; the admin API says who asks.
 */
import type {
  CompromisePort,
  KeyChange,
  KeyChangeListener,
  KeyRing,
  KeyRingStatus,
} from '@countersign/runtime';
import type { AsymmetricAlgorithm, Clock } from '@countersign/token';

import type { AuditEvent } from '../audit/audit-event.js';
import type { AuditStore } from '../audit/audit-store.js';

/** Who gives a command, for the audit log. */
export interface KeyActor {
  readonly client: string;
  readonly address?: string | undefined;
}

/** What key commands work with. */
export interface KeyCommandsDeps {
  readonly ring: KeyRing;
  readonly audit: Pick<AuditStore, 'write'>;
  readonly revocations: { onCompromised(by: KeyActor): CompromisePort };
  readonly clock: Clock;
}

/** The commands of the key ring, and the audit of what it does by itself. */
export class KeyCommands {
  constructor(private readonly deps: KeyCommandsDeps) {
    deps.ring.onChange(this.audited({ client: 'auth-server' }));
  }

  /** Every key and its state, and when which may sign. */
  status(): Promise<KeyRingStatus> {
    return this.deps.ring.status();
  }

  /**
   * Lets the next key of an algorithm (the default unless told) sign now. Rejects with
   * RotationTooSoon (429) before that key is announced, and KeyNotFound (404) for an algorithm
   * without keys.
   */
  rotate(by: KeyActor, algorithm?: AsymmetricAlgorithm): Promise<readonly KeyChange[]> {
    return this.deps.ring.rotate(algorithm, this.audited(by));
  }

  /**
   * Drops a compromised key: signed with and published no more, refused by every guard that follows
   * the revocation feed. Rejects with KeyNotFound (404) for a key that is not live.
   */
  emergency(by: KeyActor, kid: string): Promise<readonly KeyChange[]> {
    const { ring, revocations } = this.deps;
    return ring.emergency(kid, revocations.onCompromised(by), this.audited(by));
  }

  private audited({ client: actor, address }: KeyActor): KeyChangeListener {
    return async (tx, changes) => {
      const at = this.deps.clock.now();
      await this.deps.audit.write(tx, { ...eventOf(changes), at, actor, address });
    };
  }
}

function eventOf(changes: readonly KeyChange[]): Pick<AuditEvent, 'event' | 'kid' | 'detail'> {
  const detail = {
    changes: changes.map(({ kid, algorithm, to }) => ({ kid, algorithm, to })),
  };
  const compromised = changes.find(({ isCompromised }) => isCompromised);
  if (compromised) return { event: 'keys.compromised', kid: compromised.kid, detail };
  const signing = changes.find(({ to }) => to === 'active');
  if (signing) return { event: 'keys.rotated', kid: signing.kid, detail };
  return { event: 'keys.changed', detail };
}
