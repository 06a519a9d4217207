import { addProjectConfiguration, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';

import { serviceGenerator } from '../src/service/generator.js';

/** A workspace without projects, and without a formatter: Jest cannot load one. */
export const emptyTree = (): Tree => createTreeWithEmptyWorkspace({ formatter: 'none' });

/** A text without what a formatter decides. */
export const squeezed = (text: string): string => text.replace(/,(?=\s*[})\]])|\s+/g, '');

/** A workspace with the generated service `billing`. */
export async function treeWithService(): Promise<Tree> {
  const tree = emptyTree();
  await serviceGenerator(tree, { name: 'billing' });
  return tree;
}

const appModule = `import { Module } from '@nestjs/common';

import { UsersController } from './users.controller.js';

@Module({ controllers: [UsersController] })
export class AppModule {}
`;

/** A workspace with the unguarded app `shop`. */
export function treeWithApp(module = appModule): Tree {
  const tree = emptyTree();
  addProjectConfiguration(tree, 'shop', { root: 'apps/shop', targets: {} });
  tree.write('apps/shop/src/app.module.ts', module);
  tree.write('apps/shop/jest.config.ts', 'export default {};\n');
  return tree;
}

/** The text of a file that has to be there. */
export function textIn(tree: Tree, path: string): string {
  const text = tree.read(path, 'utf-8');
  if (text === null) throw new Error(`${path} does not exist`);
  return text;
}
