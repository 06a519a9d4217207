import { Injectable } from '@nestjs/common';
import type { AccessPolicy, AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import { UserAccess } from './user-access.js';
import { maySee } from './who-may.js';

/** Whether the subject may see the user whom the path names. */
@Injectable()
export class MaySeeUser implements AccessPolicy<{ param: string }> {
  constructor(private readonly access: UserAccess) {}

  /** @param options.param The route parameter that holds the user's number. */
  evaluate(request: AccessRequest, { param }: { param: string }): Promise<PolicyOutcome> {
    return this.access.ask(request, maySee, param);
  }
}
