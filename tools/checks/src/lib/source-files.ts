import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const SKIPPED = new Set([
  'node_modules',
  'dist',
  'out-tsc',
  'coverage',
  '.git',
  '.nx',
  '.countersign',
]);

/** Paths, relative to `root`, of all files under `folder` whose name ends in `suffix`. */
export function sourceFiles(root: string, folder: string, suffix: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(root, folder, entry.name);
    if (entry.isDirectory())
      return SKIPPED.has(entry.name) ? [] : sourceFiles(root, relative(root, path), suffix);
    return entry.name.endsWith(suffix) ? [relative(root, path)] : [];
  });
}
