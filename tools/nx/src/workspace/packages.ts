import { readJson, type Tree } from '@nx/devkit';

interface Manifest {
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
}

/** Whether npm links the package in a folder, as one of this workspace: Nx then reads its package.json. */
export function isLinked(tree: Tree, root: string): boolean {
  const { workspaces = [] } = readJson<Manifest>(tree, 'package.json');
  const patterns = 'packages' in workspaces ? (workspaces.packages ?? []) : workspaces;
  return (patterns as readonly string[]).some((pattern) => expressionOf(pattern).test(root));
}

/** Whether a package has dependencies of its own, and not those of the whole workspace. */
export const hasDependencies = (tree: Tree, root: string): boolean =>
  isLinked(tree, root) || tree.exists('pnpm-workspace.yaml');

/** `apps/*` as an expression: a star is one folder, two are any. */
function expressionOf(pattern: string): RegExp {
  const parts = pattern
    .replace(/^\.\//, '')
    .replace(/\/$/, '')
    .split(/(\*\*|\*)/)
    .map((part) => {
      if (part === '**') return '.+';
      return part === '*' ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    });
  return new RegExp(`^${parts.join('')}$`);
}
