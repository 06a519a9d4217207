import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// The same two steps up from src/lib/pglite and from dist/lib/pglite.
const project = new URL('../../../', import.meta.url);

/**
 * Where the build leaves a fresh database: loading it costs a fifth of initdb. Named after the
 * PGlite version it was made by.
 * @internal
 */
export function templatePath(): string {
  const manifest = JSON.parse(readFileSync(new URL('package.json', project), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const version = manifest.dependencies['@electric-sql/pglite'];
  return fileURLToPath(new URL(`dist/template-${version}.tar.gz`, project));
}

/** The template, or undefined when it was not built. @internal */
export async function readTemplate(): Promise<Blob | undefined> {
  try {
    return new Blob([await readFile(templatePath())]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
