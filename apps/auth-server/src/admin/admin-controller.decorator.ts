import { applyDecorators, Controller, UseInterceptors, UsePipes } from '@nestjs/common';
import { Audience } from '@countersign/auth';

import { AdminInterceptor } from './http/admin.interceptor.js';
import { AdminValidationPipe } from './http/admin-validation.pipe.js';

/**
 * A controller of the admin API below `/admin`: for tokens of this server's own admin audience, its
 * parameters held against their schemas, its answers kept by nobody. Each route names its scopes.
 */
export function AdminController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/${path}`),
    Audience('admin'),
    UsePipes(AdminValidationPipe),
    UseInterceptors(AdminInterceptor),
  );
}
