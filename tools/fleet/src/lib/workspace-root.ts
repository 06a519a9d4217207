import { join } from 'node:path';

/** Root of the workspace; the same from `src/lib` and from `dist/lib`. @internal */
export const workspaceRoot = join(import.meta.dirname, '..', '..', '..', '..');
