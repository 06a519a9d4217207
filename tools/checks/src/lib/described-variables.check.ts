import type { Check } from './check.js';

/** Every variable says what it is: the text that stands in `docs/configuration.md`. */
export const describedVariablesCheck: Check = {
  name: 'every variable of a configuration schema is described',
  run: ({ configurations }) =>
    configurations.flatMap(({ app, variables }) =>
      variables
        .filter(({ description }) => description === '')
        .map(({ name }) => `apps/${app}/src/config.ts: ${name} has no .describe()`),
    ),
};
