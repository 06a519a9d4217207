/** What Nx learns of projects by itself: those that write an access map get a target for it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import {
  createNodesFromFiles,
  type CreateNodes,
  type NxJsonConfiguration,
  type TargetConfiguration,
} from '@nx/devkit';

/** How the plugin is registered in `nx.json`. @publicApi */
export interface PluginOptions {
  /** `access-map` unless told. */
  readonly targetName?: string;
}

/**
 * Gives every project that depends on `@countersign/auth` and has `src/access-map.ts` a target, which
 * writes who may call what into `access-maps/<project>.json` of the workspace.
 * @publicApi
 */
export const createNodes: CreateNodes<PluginOptions> = [
  '**/src/access-map.ts',
  (files, options, context) =>
    createNodesFromFiles(
      (file, settings) => {
        const root = dirname(dirname(file));
        const folder = join(context.workspaceRoot, root);
        if (!isProject(folder) || !usesCountersign(folder, context.workspaceRoot)) return {};
        const { targetName = 'access-map' } = settings ?? {};
        return {
          projects: {
            [root]: { root, targets: { [targetName]: targetIn(context.nxJsonConfiguration) } },
          },
        };
      },
      files,
      options,
      context,
    ),
];

/** The whole project counts as input where the workspace has no name for what is built. */
function targetIn({ namedInputs }: NxJsonConfiguration): TargetConfiguration {
  const input = namedInputs?.['production'] === undefined ? 'default' : 'production';
  return {
    dependsOn: ['build'],
    cache: true,
    inputs: [input, `^${input}`],
    outputs: ['{workspaceRoot}/access-maps/{projectName}.json'],
    command:
      'node --enable-source-maps {projectRoot}/dist/access-map.js access-maps/{projectName}.json',
  };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const isProject = (folder: string): boolean =>
  ['package.json', 'project.json'].some((name) => existsSync(join(folder, name)));

/** Its own dependencies, or those that the whole workspace has. */
const usesCountersign = (folder: string, workspace: string): boolean =>
  [folder, workspace]
    .map((one) => join(one, 'package.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Manifest)
    .some(({ dependencies }) => dependencies?.['@countersign/auth'] !== undefined);
