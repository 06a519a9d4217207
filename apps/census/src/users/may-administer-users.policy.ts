import { Injectable } from '@nestjs/common';
import type { AccessPolicy, AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import { UserAccess } from './user-access.js';
import { mayAdminister } from './who-may.js';

/** Whether the subject may create and delete users. */
@Injectable()
export class MayAdministerUsers implements AccessPolicy {
  constructor(private readonly access: UserAccess) {}

  evaluate(request: AccessRequest): Promise<PolicyOutcome> {
    return this.access.ask(request, mayAdminister);
  }
}
