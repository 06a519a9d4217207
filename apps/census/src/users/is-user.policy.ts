import { Injectable } from '@nestjs/common';
import { allow, deny, type AccessPolicy, type AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import { UserAccess } from './user-access.js';

/** Whether the subject is a user who exists: whom they see, `visibleTo` says. */
@Injectable()
export class IsUser implements AccessPolicy {
  constructor(private readonly access: UserAccess) {}

  evaluate(request: AccessRequest): Promise<PolicyOutcome> {
    return this.access.ask(request, (actor) => (actor ? allow() : deny('unknown_subject')));
  }
}
