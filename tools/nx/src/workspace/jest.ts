import { generateFiles, joinPathFragments, offsetFromRoot, type Tree } from '@nx/devkit';
import ts from 'typescript';

import { parse } from '../source/insert.js';
import { templates } from './templates.js';

/** Writes the Jest configuration of an app: by the preset of the workspace, where it has one for units. */
export function addJestConfig(tree: Tree, root: string, project: string): void {
  const path = joinPathFragments(root, 'jest.config.js');
  if (!hasUnitPreset(tree)) return generateFiles(tree, templates('jest'), root, { project });
  const from = `${offsetFromRoot(root)}jest.preset.js`;
  tree.write(
    path,
    `import { unit } from '${from}';\n\nexport default unit('${project}', import.meta.dirname);\n`,
  );
}

/** Whether the workspace keeps what its units have in common in a function. */
export function hasUnitPreset(tree: Tree): boolean {
  const text = tree.read('jest.preset.js', 'utf-8');
  if (text === null) return false;
  return parse(text)
    .statements.filter(ts.isVariableStatement)
    .filter(({ modifiers }) => modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .some(({ name }) => name.getText() === 'unit');
}
