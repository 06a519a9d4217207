import { MethodNotAllowedException } from '@nestjs/common';
import type { FastifyInstance, RouteOptions } from 'fastify';

/**
 * Makes known addresses answer 405 with `Allow` to methods they do not have; the framework would
 * say 404. Call `watch` before the routes are registered and the function it returns after.
 * @internal
 */
export function watchRoutes(instance: FastifyInstance): () => void {
  const methods = new Map<string, Set<string>>();
  let watching = true;
  instance.addHook('onRoute', (route) => {
    if (!watching) return;
    const known = methods.get(route.url) ?? new Set();
    for (const method of [route.method].flat()) known.add(method);
    methods.set(route.url, known);
  });
  return () => {
    watching = false;
    for (const [url, allowed] of methods) refuseOthers(instance, url, allowed);
  };
}

function refuseOthers(instance: FastifyInstance, url: string, allowed: ReadonlySet<string>): void {
  const others = instance.supportedMethods.filter((method) => !allowed.has(method));
  if (others.length === 0) return;
  const allow = [...allowed].sort().join(', ');
  instance.route({
    method: others as RouteOptions['method'] & string[],
    url,
    // Before the body is read: it would be parsed for nothing.
    onRequest: (_request, reply, done) => {
      void reply.header('allow', allow);
      done(new MethodNotAllowedException());
    },
    handler: () => undefined,
  });
}
