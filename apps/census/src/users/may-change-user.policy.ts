import { Injectable } from '@nestjs/common';
import type { AccessPolicy, AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import { UserAccess } from './user-access.js';
import { mayChange } from './who-may.js';

/** Whether the subject may change the user whom the path names; which members is asked later. */
@Injectable()
export class MayChangeUser implements AccessPolicy<{ param: string }> {
  constructor(private readonly access: UserAccess) {}

  /** @param options.param The route parameter that holds the user's number. */
  evaluate(request: AccessRequest, { param }: { param: string }): Promise<PolicyOutcome> {
    return this.access.ask(request, mayChange, param);
  }
}
