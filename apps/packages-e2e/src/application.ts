import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { installedVersion, lowestOf, type Packed } from './packages.js';
import { run } from './run.js';

/** Which versions of what the packages stand on an application has. */
export type Age = 'lowest' | 'current';

/** What every application has beside the packages, from which version on. */
const foundation = {
  '@nestjs/platform-express': '12.0.1',
  '@nestjs/platform-fastify': '12.0.1',
  '@types/node': '20.19.30',
  typescript: '5.9.2',
};

/** What generated tests are run by. */
const testTools = ['@swc/core', '@swc/jest', '@types/jest', 'jest', 'nx'];

/** What an application depends on beside the packages. */
function dependencies(packages: readonly Packed[], age: Age): Readonly<Record<string, string>> {
  const peers = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).filter(
      (name) => age === 'current' || manifest.peerDependenciesMeta?.[name]?.optional !== true,
    ),
  );
  const names = [...peers, ...Object.keys(foundation)];
  const lowest = names.map((name) => [name, versionsOf(name, packages)[0]]);
  const current = [...names, ...testTools].map((name) => [name, installedVersion(name)]);
  return Object.fromEntries(age === 'lowest' ? lowest : current) as Record<string, string>;
}

/** The lowest version of a dependency that the packages promise to work with, and the current one. */
export function versionsOf(name: string, packages: readonly Packed[]): readonly [string, string] {
  const lowest: Readonly<Record<string, string>> = foundation;
  const [range = lowest[name]] = packages.flatMap(
    ({ manifest }) => manifest.peerDependencies?.[name] ?? [],
  );
  if (range === undefined) throw new Error(`no package has the peer ${name}`);
  return [lowest[name] ?? lowestOf(range), installedVersion(name)];
}

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  rootDir: 'src',
  outDir: 'dist',
  types: ['node'],
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** An unprotected NestJS application in an empty folder, with the packages installed into it. */
export async function installApplication(
  folder: string,
  packages: readonly Packed[],
  age: Age,
): Promise<void> {
  cpSync(join(import.meta.dirname, '../fixtures/app'), folder, { recursive: true });
  const archives = packages.map(({ manifest, archive }) => [manifest.name, `file:${archive}`]);
  write(folder, 'package.json', {
    name: 'application',
    private: true,
    type: 'module',
    dependencies: { ...dependencies(packages, age), ...Object.fromEntries(archives) },
  });
  write(folder, 'tsconfig.json', { compilerOptions, include: ['src'] });
  await run(
    folder,
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
  );
}

/** Changes a file of an application. */
export function change(folder: string, file: string, to: (text: string) => string): void {
  writeFileSync(join(folder, file), to(readFileSync(join(folder, file), 'utf8')));
}

/** Writes a file of an application: a text, or anything else as JSON. */
export function write(folder: string, file: string, content: unknown): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, file), text);
}

/** Compiles with the TypeScript that was installed. */
export const compile = (folder: string, ...args: string[]): Promise<string> =>
  run(folder, process.execPath, 'node_modules/typescript/bin/tsc', ...args);

/** What the compiler has to say of the application and of our packages; those of others are theirs. */
export async function complaints(folder: string, ...args: string[]): Promise<readonly string[]> {
  const said = await compile(folder, ...args).catch((error: Error) => error.message);
  const lines = said.split('\n').filter((line) => line.includes('error TS'));
  return lines.filter((line) => !/^node_modules\/(?!@countersign\/)/.test(line));
}
