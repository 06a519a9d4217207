import { addDependenciesToPackageJson, type GeneratorCallback, type Tree } from '@nx/devkit';

import { hasDependencies } from '../workspace/packages.js';
import { versionsFor } from '../workspace/versions.js';
import { needed, neededByTargets, neededForTests } from './needed.js';

/**
 * Adds to the workspace what it lacks; what it has keeps its version. Where packages have dependencies
 * of their own, only the tools are shared.
 * @internal
 */
export function addDependencies(tree: Tree, root: string): GeneratorCallback {
  const own = hasDependencies(tree, root);
  return addDependenciesToPackageJson(
    tree,
    own ? {} : versionsFor(tree, needed),
    versionsFor(tree, own ? neededByTargets : [...neededForTests, ...neededByTargets]),
    undefined,
    true,
  );
}
