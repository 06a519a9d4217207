import type { AccessMapDocument, MappedRoute } from '@countersign/token';

import { CliError } from '../cli-error.js';

/** How many routes a message lists. */
const listed = 10;

/**
 * The route that answers a method and a path, as a router would find it: of several the one with most
 * of the path spelled out. Fails (usage) where there is none.
 */
export function findRoute(
  { service, routes }: AccessMapDocument,
  method: string,
  target: string,
): MappedRoute {
  const path = segmentsOf(target.replace(/[?#].*$/s, ''));
  const http = routes.filter(({ transport }) => transport === 'http');
  const fitting = http
    .filter((route) => route.method === 'ALL' || route.method === method.toUpperCase())
    .map((route) => ({ route, spelled: spelledOut(segmentsOf(route.path), path) }))
    .filter(({ spelled }) => spelled >= 0)
    .sort((a, b) => b.spelled - a.spelled);
  const [best] = fitting;
  if (best !== undefined) return best.route;
  const some = http.slice(0, listed).map((route) => `${route.method} ${route.path}`);
  throw new CliError('usage', `No route of ${service} answers ${method} ${target}.`, {
    fix: `It has ${some.join(', ')}${http.length > listed ? ', and more' : ''}.`,
  });
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** How many segments are spelled out in the pattern; -1 where it does not fit. */
function spelledOut(pattern: readonly string[], path: readonly string[]): number {
  let spelled = 0;
  for (const [at, segment] of pattern.entries()) {
    if (/^\{?\/?\*/.test(segment)) return spelled;
    const given = path[at];
    if (given === undefined) return -1;
    if (segment.startsWith(':')) continue;
    if (segment !== given) return -1;
    spelled += 1;
  }
  return pattern.length === path.length ? spelled : -1;
}
