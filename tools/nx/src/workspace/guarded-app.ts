import type { ProjectConfiguration, Tree } from '@nx/devkit';

import { audienceNames, registersCountersign, textsIn, trustLists } from '../source/options-of.js';
import { GeneratorError } from './generator-error.js';
import { sourcesOf, textOf } from './project.js';

type App = Pick<ProjectConfiguration, 'root'>;

/** @throws GeneratorError for an app in which nothing guards the routes. */
export function refuseUnguarded(tree: Tree, app: App, name: string): void {
  const isGuarded = sourcesOf(tree, app).some((path) => registersCountersign(textOf(tree, path)));
  if (!isGuarded)
    throw new GeneratorError(
      `project: ${name} does not register CountersignModule: nx g @countersign/nx:init ${name}`,
    );
}

/**
 * The audience that a route of the app is for, if it has but one.
 * @throws GeneratorError where it has to be said, and for one that the app does not have.
 */
export function audienceOf(tree: Tree, app: App, said: string | undefined): string {
  const names = [
    ...new Set(sourcesOf(tree, app).flatMap((path) => audienceNames(textOf(tree, path)))),
  ];
  const known = names.join(', ') || 'none that is written out';
  const audience = said ?? (names.length === 1 ? names[0] : undefined);
  if (audience === undefined) throw new GeneratorError(`audience: say which; the app has ${known}`);
  if (names.length > 0 && !names.includes(audience))
    throw new GeneratorError(`audience: the app has no "${audience}"; it has ${known}`);
  return audience;
}

/**
 * The file with the list of whom the app trusts.
 * @throws GeneratorError where there is none, or several and none is named.
 */
export function trustFileOf(tree: Tree, app: App, named: string | undefined): string {
  const paths = named === undefined ? sourcesOf(tree, app) : [`${app.root}/${named}`];
  const [first, ...others] = paths.filter((path) => trustLists(textOf(tree, path)).length > 0);
  if (first === undefined)
    throw new GeneratorError(
      `${named ?? app.root}: no list \`trust: [...]\` is written out there; add the entry where the list is made`,
    );
  const isOne = others.length === 0 && trustLists(textOf(tree, first)).length === 1;
  if (!isOne)
    throw new GeneratorError(
      `there are several lists \`trust: [...]\`: say which file with --file`,
    );
  return first;
}

/** @throws GeneratorError for a caller whom nobody in the lists of the app is called. */
export function refuseUnknownCallers(tree: Tree, app: App, callers: readonly string[]): void {
  const names = sourcesOf(tree, app).flatMap((path) =>
    trustLists(textOf(tree, path)).flatMap((list) => textsIn(list)),
  );
  for (const caller of callers)
    if (!names.includes(caller))
      throw new GeneratorError(
        `callers: nobody whom the app trusts is called "${caller}": nx g @countersign/nx:trusted-issuer ${caller}`,
      );
}
