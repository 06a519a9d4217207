import type { FastifyRequest } from 'fastify';

import type { LoginSession } from './login-session.js';

/** Who is logged in in the browser that sent this; `undefined` for nobody. */
export function loginOf(request: FastifyRequest): LoginSession | undefined {
  // A session that was destroyed while its request is answered leaves null behind.
  const { login } = (request.session ?? {}) as FastifyRequest['session'];
  return login === undefined || login.isOver ? undefined : login;
}
