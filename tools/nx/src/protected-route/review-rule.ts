import { joinPathFragments, readJson, writeJson, type Tree } from '@nx/devkit';

import { classesWith, decoratorOf } from '../source/classes.js';
import { textOf } from '../workspace/project.js';
import type { Route } from './normalize.js';

const narrowing = [
  'Access',
  'AnyScope',
  'Authenticated',
  'Callers',
  'OnBehalfOf',
  'RequireUser',
  'Scopes',
];

/**
 * Adds the rule to the reviewed access map of the app, where there is one. Not under a class that
 * demands more: what a rule says then is for a person to read.
 * @internal
 */
export function reviewRule(tree: Tree, route: Route, controller: string): void {
  const path = joinPathFragments(route.root, 'test/access-map.json');
  if (!tree.exists(path) || demandsMore(tree, route, controller)) return;
  const name = `${route.method.toUpperCase()} /${[route.controller, route.rest].filter(Boolean).join('/')}`;
  const map = { ...readJson<Record<string, string>>(tree, path), [name]: inWords(route) };
  writeJson(
    tree,
    path,
    Object.fromEntries(Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}

function demandsMore(tree: Tree, { className }: Route, controller: string): boolean {
  const found = classesWith(textOf(tree, controller), 'Controller').find(
    ({ name }) => name === className,
  );
  return narrowing.some((name) => found && decoratorOf(found.declaration, name) !== undefined);
}

/** As the access map of the application says it. */
function inWords({ audience, scopes, callers }: Route): string {
  const either = callers.length > 0 && scopes.length > 0;
  const caller = callers.length > 0 ? [`called by ${callers.join(' or ')}`] : [];
  const able = scopes.length > 0 ? [scopes.join(' and ')] : [];
  const isLong = (names: readonly string[]) => either && names.length > 1;
  const parts = [
    ...caller.map((text) => (isLong(callers) ? `(${text})` : text)),
    ...able.map((text) => (isLong(scopes) ? `(${text})` : text)),
  ];
  return `${audience}: ${parts.join(' and ') || 'any trusted caller'}`;
}
