import { join } from 'node:path';

/** Where the templates of a generator are; beside `src` and `dist` alike. */
export const templates = (name: string): string =>
  join(import.meta.dirname, '../../templates', name);
