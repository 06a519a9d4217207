import type { Clock } from '@countersign/token';

import type { AuditEvent } from '../audit/audit-event.js';
import type { Audit } from '../audit/audit.js';
import { addressOf } from '../token/client-authentication/client-request.js';

/** What is known of an event besides its name, its time and its sender. */
export type PeopleEvent = Pick<
  AuditEvent,
  | 'client'
  | 'subject'
  | 'scopes'
  | 'code'
  | 'grantType'
  | 'method'
  | 'credential'
  | 'detail'
  | 'kid'
>;

/** Writes down what people and their applications did. */
export class PeopleAudit {
  constructor(
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** Whether so much waits to be written that nothing may be issued. */
  get isOverloaded(): boolean {
    return this.audit.isOverloaded;
  }

  /** `request`: where there is one. */
  record(event: string, request: { readonly ip: string } | undefined, about: PeopleEvent): void {
    const address = request && addressOf(request);
    this.audit.record({ at: this.clock.now(), event, address, ...about });
  }
}
