import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RouteConfig } from '@nestjs/platform-fastify';
import { accessRuleOf } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers a request with what it resolves with; sets status and headers itself. @publicApi */
export type DirectHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

interface Declared {
  readonly controller: Type;
  readonly method: string;
}

/**
 * Has Fastify call a handler without Nest's pipeline in between, which costs more than all else of a
 * small answer. No guard, pipe or interceptor runs, and of the filters only the global ones: so it is
 * for routes that are `@Public`, and the app does not start with another. The boot audit sees the
 * route as any other.
 * @publicApi
 */
export function DirectRoute() {
  return <Handler extends DirectHandler>(
    prototype: object,
    method: string,
    descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    const controller = prototype.constructor as Type;
    const direct: Declared = { controller, method };
    RouteConfig({ direct })(prototype, method, descriptor);
  };
}

/**
 * Mounts direct routes as the app registers them. Throws a `TypeError` for one that is not public.
 * @internal
 */
export function mountDirectRoutes(app: NestFastifyApplication): void {
  const instance = app.getHttpAdapter().getInstance();
  instance.addHook('onRoute', (route) => {
    const { direct } = (route.config ?? {}) as { readonly direct?: Declared };
    if (direct === undefined) return;
    const { controller, method } = direct;
    const handler = (controller.prototype as Record<string, DirectHandler>)[method];
    if (!handler || !isPublic(controller, handler)) {
      throw new TypeError(`${controller.name}.${method}: a direct route has to be @Public`);
    }
    const target: unknown = app.get(controller, { strict: false });
    route.handler = (request, reply) => handler.call(target, request, reply);
  });
}

function isPublic(controller: Type, handler: DirectHandler): boolean {
  try {
    return accessRuleOf(controller, handler).access === 'public';
  } catch {
    return false;
  }
}
