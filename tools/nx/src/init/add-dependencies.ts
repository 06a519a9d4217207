import {
  addDependenciesToPackageJson,
  joinPathFragments,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';

import { hasDependencies } from '../workspace/packages.js';
import { versionsFor } from '../workspace/versions.js';

/** Adds the libraries to the app, or to the workspace where its packages have no dependencies. @internal */
export function addDependencies(tree: Tree, root: string): GeneratorCallback {
  const own = joinPathFragments(root, 'package.json');
  const manifest = hasDependencies(tree, root) && tree.exists(own) ? own : 'package.json';
  return addDependenciesToPackageJson(
    tree,
    versionsFor(tree, ['@countersign/auth', '@countersign/token']),
    versionsFor(tree, ['@countersign/testing-nest']),
    manifest,
    true,
  );
}
