import { getProjects, type ProjectConfiguration, type Tree, joinPathFragments } from '@nx/devkit';

import { classesWith } from '../source/classes.js';
import { GeneratorError } from './generator-error.js';

/** @throws GeneratorError for one that the workspace does not have, naming those it has. */
export function projectNamed(tree: Tree, name: string): ProjectConfiguration {
  const projects = getProjects(tree);
  const project = projects.get(name);
  if (project === undefined) {
    const known = [...projects.keys()].sort().join(', ') || 'none';
    throw new GeneratorError(`project: there is no "${name}"; there are ${known}`);
  }
  return project;
}

/** The paths of a project's own sources, its tests left out. */
export function sourcesOf(
  tree: Tree,
  { root }: Pick<ProjectConfiguration, 'root'>,
): readonly string[] {
  return filesBelow(tree, joinPathFragments(root, 'src')).filter(
    (path) => path.endsWith('.ts') && !/\.(spec|test|e2e-spec|d)\.ts$/.test(path),
  );
}

function filesBelow(tree: Tree, folder: string): readonly string[] {
  return tree.children(folder).flatMap((name) => {
    const path = joinPathFragments(folder, name);
    return tree.isFile(path) ? [path] : filesBelow(tree, path);
  });
}

/** The text of a file that is there. */
export function textOf(tree: Tree, path: string): string {
  const text = tree.read(path, 'utf-8');
  if (text === null) throw new GeneratorError(`${path} does not exist`);
  return text;
}

/**
 * Where the root module stands: the file that is named, or else `app.module.ts`.
 * @throws GeneratorError where that holds no class with `@Module()`.
 */
export function rootModuleOf(
  tree: Tree,
  { root }: Pick<ProjectConfiguration, 'root'>,
  file?: string,
): string {
  const named = file === undefined ? undefined : joinPathFragments(root, file);
  const usual = ['src/app.module.ts', 'src/app/app.module.ts'].map((path) =>
    joinPathFragments(root, path),
  );
  const path = named ?? usual.find((one) => tree.exists(one)) ?? usual[0] ?? '';
  if (!tree.exists(path))
    throw new GeneratorError(`${path} does not exist: say which with --module`);
  if (classesWith(textOf(tree, path), 'Module').length === 0)
    throw new GeneratorError(`${path} has no class with @Module()`);
  return path;
}
