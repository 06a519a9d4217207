/** One more route of a guarded app: its handler, its place in the module, its test, its reviewed rule. */
import { dirname, relative } from 'node:path/posix';

import { formatFiles, type Tree } from '@nx/devkit';

import { register } from '../workspace/register.js';
import { addHandler } from './add-handler.js';
import { addTest } from './add-test.js';
import { normalize, type ProtectedRouteOptions } from './normalize.js';
import { reviewRule } from './review-rule.js';

/**
 * Adds a route that says who may call it. An app that nothing guards, a route that there is already,
 * callers whom nobody is called, and a rule that says nothing are refused.
 * @throws GeneratorError saying what to change; nothing is written then.
 * @publicApi
 */
export async function protectedRouteGenerator(
  tree: Tree,
  options: ProtectedRouteOptions,
): Promise<void> {
  const route = normalize(tree, options);
  const controller = addHandler(tree, route);
  register(tree, route.module, {
    list: 'controllers',
    element: route.className,
    imports: [[relativeImport(route.module, controller), route.className]],
  });
  addTest(tree, route);
  reviewRule(tree, route, controller);
  await formatFiles(tree);
}

/** What a source calls another of this app, as Node resolves it. */
function relativeImport(from: string, to: string): string {
  const path = relative(dirname(from), to).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

export default protectedRouteGenerator;
