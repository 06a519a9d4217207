import { readJson, readNxJson, type TargetConfiguration, type Tree } from '@nx/devkit';

type Targets = Record<string, TargetConfiguration>;

/** The targets of a service that the plugins of the workspace do not infer. */
export function serviceTargets(tree: Tree, root: string): Targets {
  const inferred = pluginsOf(tree);
  const cwd = { cwd: root };
  return {
    serve: {
      continuous: true,
      dependsOn: watches(tree) ? [{ projects: ['workspace'], target: 'watch' }] : ['build'],
      command: 'node --watch --enable-source-maps dist/main.js',
      options: cwd,
    },
    ...(!inferred.has('@nx/js/typescript') && {
      build: {
        dependsOn: ['^build'],
        cache: true,
        outputs: ['{projectRoot}/dist'],
        command: 'tsc -b tsconfig.app.json',
        options: cwd,
      },
      typecheck: {
        dependsOn: ['^build'],
        cache: true,
        command: 'tsc -b tsconfig.json',
        options: cwd,
      },
    }),
    ...(!inferred.has('@nx/jest/plugin') && {
      test: { dependsOn: ['^build'], cache: true, command: 'jest', options: cwd },
    }),
  };
}

function pluginsOf(tree: Tree): ReadonlySet<string> {
  const plugins = readNxJson(tree)?.plugins ?? [];
  return new Set(plugins.map((one) => (typeof one === 'string' ? one : one.plugin)));
}

/** Whether one compiler watches for all apps, as the root project of a workspace may say. */
function watches(tree: Tree): boolean {
  if (!tree.exists('project.json') || !tree.exists('tsconfig.build.json')) return false;
  const root = readJson<{ name?: string; targets?: Targets }>(tree, 'project.json');
  return root.name === 'workspace' && root.targets?.['watch'] !== undefined;
}
