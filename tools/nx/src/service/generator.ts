/** A new service: files, targets, dependencies, and its place among the projects. */
import { formatFiles, type GeneratorCallback, type Tree } from '@nx/devkit';

import { addPlugin } from '../workspace/add-plugin.js';
import { addToSolutions, addTsConfigs } from '../workspace/tsconfigs.js';
import { addJestConfig } from '../workspace/jest.js';
import { addFiles } from './add-files.js';
import { needed, neededForTests } from './needed.js';
import { addDependencies } from './add-dependencies.js';
import { normalize, type ServiceOptions } from './normalize.js';

/**
 * Generates a NestJS service on Fastify with one guarded route, the tests of its rules, and targets to
 * serve, build and test it.
 * @throws GeneratorError for a name, a URL or a folder that will not do; nothing is written then.
 * @publicApi
 */
export async function serviceGenerator(
  tree: Tree,
  options: ServiceOptions,
): Promise<GeneratorCallback> {
  const service = normalize(tree, options);
  addFiles(tree, service);
  addTsConfigs(tree, service.root, [...needed, ...neededForTests]);
  addJestConfig(tree, service.root, service.name);
  addToSolutions(tree, service.root);
  addPlugin(tree);
  const install = addDependencies(tree, service.root);
  await formatFiles(tree);
  return install;
}

export default serviceGenerator;
