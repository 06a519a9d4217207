import { Get } from '@nestjs/common';
import { AnyScope, Principal } from '@countersign/auth';
import type { Principal as Caller } from '@countersign/token';

import { AdminController } from './admin-controller.decorator.js';

/** `/admin/whoami`: as whom the server knows the holder of a token. */
@AdminController('whoami')
export class WhoamiController {
  /** The client, what its token is worth here, and until when. */
  @Get()
  @AnyScope('admin:read', 'admin:write')
  whoami(@Principal() { caller, scopes, expiresAt }: Caller): object {
    return {
      client: caller.id,
      scopes,
      expires: new Date(expiresAt * 1000).toISOString(),
    };
  }
}
