import type { Configuration, Variable } from './configurations.js';

/** A variable that every app reads, with what it is by default in each. */
export interface SharedVariable {
  readonly variable: Variable;
  /** One entry per app; undefined where there is no default. */
  readonly defaults: ReadonlyMap<string, string | undefined>;
}

/** What all apps have in common, and what only some of them read. */
export interface SortedConfigurations {
  readonly shared: readonly SharedVariable[];
  readonly own: readonly Configuration[];
}

/** Sorts the variables for documents that say each thing once. */
export function sortConfigurations(configurations: readonly Configuration[]): SortedConfigurations {
  const [first, ...others] = configurations;
  const shared = (first?.variables ?? [])
    .filter(({ name }) => others.every(({ variables }) => variables.some((v) => v.name === name)))
    .map((variable) => ({ variable, defaults: defaultsOf(variable.name, configurations) }));
  const names = new Set(shared.map(({ variable }) => variable.name));
  const own = configurations.map(({ app, variables }) => ({
    app,
    variables: variables.filter(({ name }) => !names.has(name)),
  }));
  return { shared, own };
}

function defaultsOf(name: string, configurations: readonly Configuration[]) {
  return new Map(
    configurations.map(({ app, variables }) => [
      app,
      variables.find((variable) => variable.name === name)?.byDefault,
    ]),
  );
}
