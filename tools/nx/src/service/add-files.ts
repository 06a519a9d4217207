import { generateFiles, joinPathFragments, updateJson, writeJson, type Tree } from '@nx/devkit';

import { hasDependencies, isLinked } from '../workspace/packages.js';
import { serviceTargets } from '../workspace/targets.js';
import { templates } from '../workspace/templates.js';
import { versionsFor } from '../workspace/versions.js';
import { needed, neededForTests } from './needed.js';
import type { Service } from './normalize.js';

/** Writes what the service consists of. @internal */
export function addFiles(tree: Tree, service: Service): void {
  const { name, root } = service;
  const own = hasDependencies(tree, root);
  generateFiles(tree, templates('service'), root, {
    ...service,
    project: name,
    dependencies: JSON.stringify(own ? versionsFor(tree, needed) : {}),
    devDependencies: JSON.stringify(own ? versionsFor(tree, neededForTests) : {}),
  });
  addProject(tree, service);
}

/** Says what Nx reads of the project, where it looks for it. */
function addProject(tree: Tree, { name, root, tags }: Service): void {
  const project = {
    name,
    ...(tags.length > 0 && { tags }),
    targets: serviceTargets(tree, root),
  };
  if (!isLinked(tree, root))
    return writeJson(tree, joinPathFragments(root, 'project.json'), project);
  updateJson(tree, joinPathFragments(root, 'package.json'), (manifest: object) => {
    const { dependencies, devDependencies, ...about } = manifest as Record<string, unknown>;
    return { ...about, nx: project, dependencies, devDependencies };
  });
}
