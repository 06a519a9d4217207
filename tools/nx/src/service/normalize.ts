import { getProjects, joinPathFragments, normalizePath, readJson, type Tree } from '@nx/devkit';

import { GeneratorError } from '../workspace/generator-error.js';
import { checkedName, checkedUrl, className, listOf, refuseTaken } from '../workspace/names.js';

/** What `service` is told. @publicApi */
export interface ServiceOptions {
  readonly name: string;
  readonly directory?: string;
  readonly audience?: string;
  readonly authServer?: string;
  readonly port?: number;
  readonly tags?: string;
}

/** A service that can be generated. @internal */
export interface Service {
  readonly name: string;
  readonly className: string;
  readonly packageName: string;
  readonly root: string;
  readonly audience: string;
  readonly authServer: string;
  readonly port: number;
  readonly tags: readonly string[];
}

/** Fills in what was not said, and refuses what cannot be. @internal */
export function normalize(tree: Tree, options: ServiceOptions): Service {
  const name = checkedName('name', options.name);
  const root = rootOf(options.directory ?? `apps/${name}`);
  if (getProjects(tree).has(name))
    throw new GeneratorError(`name: there is a project "${name}" already`);
  refuseTaken(tree, root);
  return {
    name,
    className: className(name),
    packageName: `${scopeOf(tree)}${name}`,
    root,
    audience: checkedUrl('audience', options.audience ?? `https://${name}.example/`),
    authServer: checkedUrl('authServer', options.authServer ?? 'http://127.0.0.1:4000'),
    port: checkedPort(options.port ?? 3000),
    tags: listOf(options.tags),
  };
}

function rootOf(directory: string): string {
  const root = joinPathFragments(normalizePath(directory)).replace(/\/$/, '');
  const isInside = root !== '.' && root !== '' && !root.startsWith('..') && !root.startsWith('/');
  if (!isInside || !/^[\w./@-]+$/.test(root))
    throw new GeneratorError(`directory: "${directory}" is no folder below the workspace`);
  return root;
}

function checkedPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new GeneratorError(`port: ${port} is no port`);
  return port;
}

/** Packages of a workspace are named alike: `@org/name`, or by its own name before the name. */
function scopeOf(tree: Tree): string {
  const { name = 'workspace' } = readJson<{ name?: string }>(tree, 'package.json');
  return name.startsWith('@') ? `${name.split('/')[0]}/` : `@${name}/`;
}
