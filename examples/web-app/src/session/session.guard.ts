import {
  applyDecorators,
  ForbiddenException,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Public } from '@countersign/auth';
import { sameText } from '@countersign/token';
import type { FastifyRequest } from 'fastify';

import { SessionEndedError } from '../login/login-error.js';
import { loginOf } from './login-of.js';

/**
 * Lets those in who are logged in; and whatever changes something only from a form of ours, because a
 * browser sends the cookie along with the forms of others too.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const login = loginOf(request);
    if (login === undefined) throw new SessionEndedError('nobody is logged in');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && !sameText(formTokenIn(request.body), login.formToken))
      throw new ForbiddenException('The form is not one of ours, or of an earlier session');
    return true;
  }
}

function formTokenIn(body: unknown): string {
  const { form_token: token } = (body ?? {}) as { readonly form_token?: unknown };
  return typeof token === 'string' ? token : '';
}

/**
 * Only for somebody who is logged in in this browser. Countersign's guard, which asks for tokens, is
 * told that it need not: a route without either word stops the boot.
 */
export const LoggedIn = () =>
  applyDecorators(
    Public({ reason: 'for browsers, which hold a session and no token: SessionGuard asks for it' }),
    UseGuards(SessionGuard),
  );
