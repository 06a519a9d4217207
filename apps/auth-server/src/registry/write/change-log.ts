import type { Session } from '@countersign/storage';
import type { Clock, JsonObject } from '@countersign/token';

import type { AuditEvent } from '../../audit/audit-event.js';

/** Who changes the registry, for the audit log. */
export interface Actor {
  /** A client id, a user's URI, or the part of this server that acts by itself. */
  readonly name: string;
  /** Network address of the request. */
  readonly address?: string | undefined;
}

/** What a change needs besides its transaction. */
export interface ChangeContext {
  /** The URL of this server. */
  readonly ownIssuer: string;
  readonly clock: Clock;
  readonly audit: { write(tx: Session, event: AuditEvent): Promise<void> };
}

/** What kinds of things the registry holds. */
export type EntityKind = 'service' | 'client' | 'issuer';

/** One transaction that changes the registry: the version it makes, and who is told of it. */
export class ChangeLog {
  private changes = 0;

  constructor(
    readonly tx: Session,
    /** What the registry's version becomes, if anything changes. */
    readonly version: number,
    readonly by: Actor,
    readonly context: ChangeContext,
  ) {}

  /** Whether anything was changed at all. */
  get hasChanged(): boolean {
    return this.changes > 0;
  }

  /** Seconds since the epoch. */
  get now(): number {
    return this.context.clock.now();
  }

  /** Writes what was changed into the audit log, in the same transaction. */
  async record(
    kind: EntityKind,
    name: string,
    what: string,
    detail: JsonObject = {},
  ): Promise<void> {
    this.changes += 1;
    await this.context.audit.write(this.tx, {
      at: this.now,
      event: 'registry.changed',
      actor: this.by.name,
      address: this.by.address,
      ...(kind === 'client' ? { client: name } : {}),
      detail: { what, [kind]: name, version: this.version, ...detail },
    });
  }
}
