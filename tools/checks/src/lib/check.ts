import type { Configuration } from './configurations.js';
import type { FleetMap } from './fleet-map.js';

/** What checks look at: the tree, and the configuration schemas and access maps of the apps built in it. */
export interface Workspace {
  readonly root: string;
  readonly configurations: readonly Configuration[];
  readonly fleetMap: FleetMap;
}

/** One fact about the workspace that must hold; answers what is wrong, nothing when it holds. */
export interface Check {
  readonly name: string;
  run(workspace: Workspace): readonly string[];
}
