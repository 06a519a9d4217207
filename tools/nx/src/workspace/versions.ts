import { getProjects, joinPathFragments, readJson, type Tree } from '@nx/devkit';

/** What generated code is tried with; a workspace that has its own versions keeps them. */
export const versions = {
  '@countersign/auth': '0.1.0',
  '@countersign/testing-nest': '0.1.0',
  '@countersign/token': '0.1.0',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-fastify': '12.5.0',
  '@swc/core': '1.16.18',
  '@swc/jest': '0.2.39',
  '@types/jest': '30.0.0',
  '@types/node': '20.19.30',
  jest: '30.5.2',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  typescript: '6.0.3',
} as const;

/** A package that generated code needs. */
export type Needed = keyof typeof versions;

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Packages with the versions that this workspace has of them, or else those above. */
export function versionsFor(tree: Tree, names: readonly Needed[]): Record<string, string> {
  const known = Object.assign({}, ...manifestsOf(tree).map(dependenciesOf)) as Record<
    string,
    string
  >;
  return Object.fromEntries(names.map((name) => [name, known[name] ?? versions[name]]));
}

function manifestsOf(tree: Tree): readonly Manifest[] {
  return ['.', ...[...getProjects(tree).values()].map(({ root }) => root)]
    .map((root) => joinPathFragments(root, 'package.json'))
    .filter((path) => tree.exists(path))
    .map((path) => readJson<Manifest>(tree, path));
}

const dependenciesOf = ({
  dependencies,
  devDependencies,
}: Manifest): Readonly<Record<string, string>> => ({
  ...devDependencies,
  ...dependencies,
});
