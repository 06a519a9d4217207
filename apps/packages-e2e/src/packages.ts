import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './run.js';

/** The workspace. */
export const root = join(import.meta.dirname, '../../..');

/** What an entry of `exports` leads to, by condition. */
export type Conditions = Readonly<Record<string, string>>;

/** What these tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Conditions>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A package that npm made an archive of. */
export interface Packed {
  readonly manifest: Manifest;
  /** The folder it was packed from. */
  readonly folder: string;
  readonly archive: string;
  readonly files: readonly string[];
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folders of all packages of the workspace that are meant for others. */
export function publishedFolders(): readonly string[] {
  return ['libs', 'tools']
    .flatMap((rooms) => readdirSync(join(root, rooms)).map((room) => join(root, rooms, room)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .filter((folder) => readManifest(folder).private !== true);
}

/** Packs them as they would be published. */
export async function packInto(destination: string): Promise<readonly Packed[]> {
  const folders = publishedFolders();
  const said = await run(
    root,
    'npm',
    'pack',
    '--json',
    `--pack-destination=${destination}`,
    ...folders,
  );
  const packed = JSON.parse(said) as {
    filename: string;
    name: string;
    files: { path: string }[];
  }[];
  return packed.map(({ filename, name, files }) => {
    const folder = folders.find((one) => readManifest(one).name === name);
    if (folder === undefined) throw new Error(`npm packed ${name}`);
    const paths = files.map(({ path }) => path);
    return {
      manifest: readManifest(folder),
      folder,
      archive: join(destination, filename),
      files: paths,
    };
  });
}

/** Every name under which something of a package can be imported. */
export function entriesOf({ name, exports = {} }: Manifest): readonly string[] {
  return Object.entries(exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(([subpath]) => name + subpath.slice(1));
}

/** The version that the workspace was tested with elsewhere. */
export const installedVersion = (name: string): string =>
  readManifest(join(root, 'node_modules', name)).version;

/** The lowest version that a range of the form `^1.2.3 || ^2.0.0` promises. */
export function lowestOf(range: string): string {
  const [, version] = /^\^?(\d+\.\d+\.\d+)(?:$| \|\| )/.exec(range) ?? [];
  if (version === undefined) throw new Error(`${range}: say from which version on`);
  return version;
}
