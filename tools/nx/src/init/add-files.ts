import { dirname, relative } from 'node:path/posix';

import { generateFiles, joinPathFragments, type Tree } from '@nx/devkit';
import ts from 'typescript';

import { classesWith } from '../source/classes.js';
import { templates } from '../workspace/templates.js';
import { sourcesOf, textOf } from '../workspace/project.js';
import type { App } from './normalize.js';

/** Writes who the service is, whom it trusts, and which variables that is read from. @internal */
export function addOptions(tree: Tree, app: App): void {
  generateFiles(tree, templates('init/app'), dirname(app.options), { ...app });
  const example = joinPathFragments(app.root, '.env.example');
  const known = tree.exists(example) ? textOf(tree, example).replace(/\n*$/, '\n') : '';
  const variables = { PUBLIC_URL: app.audience, AUTH_SERVER_URL: app.authServer };
  const missing = Object.entries(variables).filter(
    ([name]) => !new RegExp(`^${name}=`, 'm').test(known),
  );
  tree.write(example, known + missing.map(([name, value]) => `${name}=${value}\n`).join(''));
}

/**
 * Writes the tests of the rules, where the root module can be started as it is; answers whether.
 * @internal
 */
export function addTests(tree: Tree, app: App): boolean {
  const tests = joinPathFragments(app.root, 'test');
  const isThere = tree.exists(joinPathFragments(tests, 'support/start-app.ts'));
  if (isThere || !hasJest(tree, app) || isMadeByFunction(tree, app)) return false;
  const module = relative(joinPathFragments(tests, 'support'), app.module);
  generateFiles(tree, templates('init/tests'), tests, {
    ...app,
    modulePath: module.replace(/\.ts$/, '.js'),
    fastify: createsOnFastify(tree, app),
  });
  return true;
}

/** Whether a source of the app creates it on Fastify; Express is what NestJS takes unless told. */
const createsOnFastify = (tree: Tree, app: App): boolean =>
  sourcesOf(tree, app).some((path) => textOf(tree, path).includes('@nestjs/platform-fastify'));

const hasJest = (tree: Tree, { root }: App): boolean =>
  tree.children(root).some((name) => name.startsWith('jest.config.'));

/** A module with a function of its own has to be told something that only the app knows. */
function isMadeByFunction(tree: Tree, { module, moduleClass }: App): boolean {
  const found = classesWith(textOf(tree, module), 'Module').find(
    ({ name }) => name === moduleClass,
  );
  return (found?.declaration.members ?? []).some(
    (member) =>
      ts.isMethodDeclaration(member) &&
      member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword),
  );
}
