import type { Tree } from '@nx/devkit';

import { GeneratorError } from '../workspace/generator-error.js';
import { audienceOf, refuseUnguarded, refuseUnknownCallers } from '../workspace/guarded-app.js';
import { checkedName, checkedScopes, className, listOf } from '../workspace/names.js';
import { projectNamed, rootModuleOf } from '../workspace/project.js';

/** Methods of HTTP that routes are made for. @publicApi */
export type RouteMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What `protected-route` is told. @publicApi */
export interface ProtectedRouteOptions {
  readonly path: string;
  readonly project: string;
  readonly method?: RouteMethod;
  readonly scopes?: string;
  readonly callers?: string;
  readonly authenticated?: boolean;
  readonly audience?: string;
  readonly handler?: string;
  readonly module?: string;
}

/** A route that can be generated. @internal */
export interface Route {
  readonly root: string;
  readonly method: RouteMethod;
  /** First part of the path; name of the controller. */
  readonly controller: string;
  readonly className: string;
  /** What follows in the path: `:id`, or nothing. */
  readonly rest: string;
  readonly params: readonly string[];
  readonly handler: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly callers: readonly string[];
  readonly module: string;
}

const PART = /^(:[a-zA-Z][a-zA-Z0-9]*|[a-z0-9][a-z0-9._-]*)$/;
const HANDLER = /^[a-z][a-zA-Z0-9]*$/;
const methods: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];

/** Fills in what was not said, and refuses what cannot be. @internal */
export function normalize(tree: Tree, options: ProtectedRouteOptions): Route {
  const project = projectNamed(tree, options.project);
  refuseUnguarded(tree, project, options.project);
  const { method = 'get' } = options;
  if (!methods.includes(method))
    throw new GeneratorError(`method: "${method}" is none of ${methods.join(', ')}`);
  const [controller, ...rest] = partsOf(options.path);
  const scopes = checkedScopes(listOf(options.scopes));
  const callers = listOf(options.callers).map((name) => checkedName('callers', name));
  if ((scopes.length + callers.length === 0) !== (options.authenticated === true))
    throw new GeneratorError(
      'say who may call: --scopes, --callers or both; or --authenticated for any trusted caller',
    );
  refuseUnknownCallers(tree, project, callers);
  const params = rest.filter((part) => part.startsWith(':')).map((part) => part.slice(1));
  if (new Set(params).size < params.length)
    throw new GeneratorError('path: a parameter stands twice');
  return {
    root: project.root,
    method,
    controller,
    className: `${className(controller)}Controller`,
    rest: rest.join('/'),
    params,
    handler: handlerOf(method, params, options.handler),
    audience: audienceOf(tree, project, options.audience),
    scopes,
    callers,
    module: rootModuleOf(tree, project, options.module),
  };
}

function partsOf(path: string): readonly [string, ...string[]] {
  const [controller, ...rest] = path.replace(/^\/|\/$/g, '').split('/');
  if (controller === undefined || ![controller, ...rest].every((part) => PART.test(part)))
    throw new GeneratorError(`path: "${path}" is no path of a route, as in invoices/:id`);
  return [checkedName('path', controller), ...rest];
}

function handlerOf(method: RouteMethod, params: readonly string[], said?: string): string {
  if (said !== undefined && !HANDLER.test(said))
    throw new GeneratorError(`handler: "${said}" is no name of a method, as in findOne`);
  const usual = { post: 'create', put: 'replace', patch: 'change', delete: 'remove' };
  if (said !== undefined) return said;
  return method === 'get' ? (params.length > 0 ? 'one' : 'all') : usual[method];
}
