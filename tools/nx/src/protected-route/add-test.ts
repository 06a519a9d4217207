import { generateFiles, joinPathFragments, type Tree } from '@nx/devkit';

import { literal } from '../source/options-of.js';
import { refuseTaken } from '../workspace/names.js';
import { templates } from '../workspace/templates.js';
import type { Route } from './normalize.js';

/** Writes the test of the route, where the app has what starts it for tests. @internal */
export function addTest(tree: Tree, route: Route): void {
  const tests = joinPathFragments(route.root, 'test');
  if (!tree.exists(joinPathFragments(tests, 'support/start-app.ts'))) return;
  const { method, controller, rest, scopes, callers, handler } = route;
  const file = `${controller}-${handler.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  refuseTaken(tree, joinPathFragments(tests, `${file}.e2e-spec.ts`));
  const path = `/${[controller, rest].filter(Boolean).join('/')}`;
  const [caller = 'some-client'] = callers;
  // Whoever is named but has no scope misses just that; without scopes a name is what is missing.
  const stranger = scopes.length > 0 ? caller : 'some-client';
  const refusal =
    scopes.length > 0 ? 'SCOPE_MISSING' : callers.length > 0 ? 'CALLER_FORBIDDEN' : '';
  generateFiles(tree, templates('protected-route'), tests, {
    file,
    name: `${method.toUpperCase()} ${path}`,
    method,
    path: path.replace(/:[a-zA-Z0-9]+/g, '1'),
    caller,
    scopes: literal(scopes),
    stranger,
    refusal,
    status: method === 'post' ? 201 : 200,
  });
}
