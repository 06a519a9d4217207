import { readNxJson, updateNxJson, type Tree } from '@nx/devkit';

/** Nx finds the source of a local plugin by its `exports` only where a subpath is named. */
const NAME = '@countersign/nx/plugin';

/** Registers this package as a plugin of the workspace; not twice. */
export function addPlugin(tree: Tree): void {
  const nx = readNxJson(tree) ?? {};
  const plugins = nx.plugins ?? [];
  const isKnown = plugins.some((one) => (typeof one === 'string' ? one : one.plugin) === NAME);
  if (!isKnown) updateNxJson(tree, { ...nx, plugins: [...plugins, NAME] });
}
