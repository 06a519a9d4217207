import type { Tree } from '@nx/devkit';

import { classesWith, moduleObjects } from '../source/classes.js';
import { withImport } from '../source/with-import.js';
import { propertyOf, withListed } from '../source/with-member.js';
import { GeneratorError } from './generator-error.js';
import { textOf } from './project.js';

/** What a module gets, and where its name comes from. */
export interface Registered {
  readonly list: 'controllers' | 'imports';
  readonly element: string;
  /** Names by the module that exports them. */
  readonly imports: readonly (readonly [from: string, ...names: string[]])[];
}

/**
 * Adds something to a list of a module; not twice.
 * @throws GeneratorError where the list is not written out.
 */
export function register(tree: Tree, path: string, { list, element, imports }: Registered): void {
  const text = textOf(tree, path);
  const [found] = classesWith(text, 'Module');
  const objects = found === undefined ? [] : moduleObjects(found);
  const object = objects.find((one) => propertyOf(one, list) !== undefined) ?? objects[0];
  const changed = object && withListed(text, object, list, element);
  if (changed === undefined)
    throw new GeneratorError(`${path}: ${list} are not written out there: add ${element} by hand`);
  tree.write(
    path,
    imports.reduce((source, [from, ...names]) => withImport(source, from, ...names), changed),
  );
}
