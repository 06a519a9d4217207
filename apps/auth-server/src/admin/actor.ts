import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { principalOf } from '@countersign/auth';

import type { Actor } from '../registry/registry-store.js';
import { addressOf } from '../token/client-authentication/client-request.js';

interface AddressedRequest {
  readonly ip: string;
}

/** The administrator of this request, for the audit log: its client id and where it asks from. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<AddressedRequest & object>();
  const principal = principalOf(request);
  if (!principal) throw new TypeError('@By() stands on a route without an authenticated caller');
  return { name: principal.caller.id, address: addressOf(request) };
});
