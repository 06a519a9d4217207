import {
  getProjects,
  joinPathFragments,
  offsetFromRoot,
  readJson,
  writeJson,
  type Tree,
} from '@nx/devkit';

type Options = Readonly<Record<string, unknown>>;

interface TsConfig {
  readonly extends?: string;
  readonly compilerOptions?: Options;
  readonly references?: readonly { readonly path: string }[];
}

/** What NestJS 12 needs, which is ESM only, and project references. */
const needed: Options = {
  target: 'es2023',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  composite: true,
  declaration: true,
  sourceMap: true,
  strict: true,
  esModuleInterop: true,
  skipLibCheck: true,
  forceConsistentCasingInFileNames: true,
};

const decorators: Options = { experimentalDecorators: true, emitDecoratorMetadata: true };

/**
 * Writes the three tsconfigs of an app, each with only what the workspace does not say already, and
 * refers to those of the packages that it depends on and this workspace builds itself.
 */
export function addTsConfigs(tree: Tree, root: string, packages: readonly string[]): void {
  const base = ['tsconfig.base.json', 'tsconfig.json'].find((path) => tree.exists(path));
  const inherited = base === undefined ? {} : optionsOf(tree, base);
  const general = unsaid(inherited);
  const heir = base === undefined ? {} : { extends: `${offsetFromRoot(root)}${base}` };
  const write = (name: string, content: object) =>
    writeJson(tree, joinPathFragments(root, name), { ...heir, ...content });
  write('tsconfig.json', {
    files: [],
    // What the workspace compiles at its root would be inherited.
    ...(base !== undefined && 'include' in readJson<object>(tree, base) && { include: [] }),
    references: [{ path: './tsconfig.app.json' }, { path: './tsconfig.spec.json' }],
  });
  write('tsconfig.app.json', {
    compilerOptions: {
      ...general,
      rootDir: 'src',
      outDir: 'dist',
      tsBuildInfoFile: 'dist/tsconfig.app.tsbuildinfo',
      types: ['node'],
      ...decorators,
    },
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.spec.ts', 'test/**/*.ts'],
    references: referencesTo(tree, root, packages),
  });
  write('tsconfig.spec.json', {
    compilerOptions: {
      ...general,
      // The tests lie beside the sources.
      ...(inherited['rootDir'] !== undefined && { rootDir: '.' }),
      outDir: './out-tsc',
      types: ['jest', 'node'],
      ...decorators,
    },
    include: ['src/**/*.spec.ts', 'test/**/*.ts'],
    references: [{ path: './tsconfig.app.json' }],
  });
}

/** What is needed and not inherited. */
function unsaid(inherited: Options): Options {
  return {
    ...Object.fromEntries(
      Object.entries(needed).filter(([name, value]) => !isSame(inherited[name], value)),
    ),
    // Set by workspaces whose libraries are bundled, where nothing would be written.
    ...(inherited['emitDeclarationOnly'] === true && { emitDeclarationOnly: false }),
  };
}

/** Adds the app to the solutions of the workspace that list its projects; not twice. */
export function addToSolutions(tree: Tree, root: string): void {
  addReference(tree, 'tsconfig.json', `./${root}`);
  addReference(tree, 'tsconfig.build.json', `./${root}/tsconfig.app.json`);
}

function addReference(tree: Tree, solution: string, path: string): void {
  if (!tree.exists(solution)) return;
  const config = readJson<TsConfig>(tree, solution);
  const { references } = config;
  if (references === undefined || references.some((one) => one.path === path)) return;
  writeJson(tree, solution, { ...config, references: [...references, { path }] });
}

function referencesTo(tree: Tree, root: string, packages: readonly string[]) {
  return [...getProjects(tree).values()]
    .filter(({ root: other }) => {
      const manifest = joinPathFragments(other, 'package.json');
      if (!tree.exists(manifest)) return false;
      return packages.includes(readJson<{ name?: string }>(tree, manifest).name ?? '');
    })
    .map(({ root: other }) => joinPathFragments(other, 'tsconfig.lib.json'))
    .filter((path) => tree.exists(path))
    .map((path) => ({ path: `${offsetFromRoot(root)}${path}` }));
}

/** What a tsconfig says, and those in this workspace that it extends. */
function optionsOf(tree: Tree, path: string): Options {
  const config = readJson<TsConfig>(tree, path);
  const parent = config.extends?.startsWith('./') ? config.extends.slice(2) : undefined;
  const inherited = parent !== undefined && tree.exists(parent) ? optionsOf(tree, parent) : {};
  return { ...inherited, ...config.compilerOptions };
}

const isSame = (one: unknown, other: unknown): boolean =>
  typeof one === 'string' && typeof other === 'string'
    ? one.toLowerCase() === other.toLowerCase()
    : one === other;
