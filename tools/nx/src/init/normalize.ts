import { dirname } from 'node:path/posix';

import { joinPathFragments, type Tree } from '@nx/devkit';

import { classesWith } from '../source/classes.js';
import { checkedName, checkedUrl } from '../workspace/names.js';
import { projectNamed, rootModuleOf, textOf } from '../workspace/project.js';

/** What `init` is told. @publicApi */
export interface InitOptions {
  readonly project: string;
  readonly service?: string;
  readonly audience?: string;
  readonly authServer?: string;
  readonly module?: string;
}

/** An app that can be guarded. @internal */
export interface App {
  readonly root: string;
  readonly module: string;
  readonly moduleClass: string;
  /** The file that says who the service is and whom it trusts. */
  readonly options: string;
  readonly service: string;
  readonly audience: string;
  readonly authServer: string;
}

/** Fills in what was not said, and refuses what cannot be. @internal */
export function normalize(tree: Tree, given: InitOptions): App {
  const { root } = projectNamed(tree, given.project);
  const service = checkedName('service', given.service ?? given.project.replace(/^@[^/]+\//, ''));
  const module = rootModuleOf(tree, { root }, given.module);
  const [found] = classesWith(textOf(tree, module), 'Module');
  return {
    root,
    module,
    moduleClass: found?.name ?? 'AppModule',
    options: joinPathFragments(dirname(module), 'countersign.ts'),
    service,
    audience: checkedUrl('audience', given.audience ?? `https://${service}.example/`),
    authServer: checkedUrl('authServer', given.authServer ?? 'http://127.0.0.1:4000'),
  };
}
