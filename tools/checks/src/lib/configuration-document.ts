import type { Configuration, Variable } from './configurations.js';
import { sortConfigurations, type SharedVariable } from './shared-variables.js';

const HEADING = `# Configuration

Generated from the schemas that parse the environment (\`npx nx run checks:write-docs\`). An app that
finds something wrong starts not at all: it prints everything that is wrong at once and ends with exit
code 78. \`.env.example\` shows the same variables in the form of a file.

The value of any variable \`NAME\` may stand in a file that \`NAME_FILE\` names, as orchestrators mount
secrets; one final line break does not count.`;

/** The text of `docs/configuration.md`: what all apps share first, then each app's own. */
export function configurationDocument(configurations: readonly Configuration[]): string {
  const { shared, own } = sortConfigurations(configurations);
  const sections = [
    section('Every app', shared.map(sharedRow)),
    ...own.map(({ app, variables }) =>
      section(
        app,
        variables.map((variable) => row(variable, code(variable.byDefault))),
      ),
    ),
  ];
  return `${[HEADING, ...sections].join('\n\n')}\n`;
}

function section(title: string, rows: readonly string[]): string {
  const head = ['| Variable | Default | What it is |', '| --- | --- | --- |'];
  return [`## ${title}`, '', ...head, ...rows].join('\n');
}

function sharedRow({ variable, defaults }: SharedVariable): string {
  const isAlike = new Set(defaults.values()).size === 1;
  const each = [...defaults].map(([app, value]) => `${app}: ${code(value)}`);
  return row(variable, isAlike ? code(variable.byDefault) : each.join('<br>'));
}

function row(variable: Variable, byDefault: string): string {
  return `| \`${variable.name}\` | ${byDefault} | ${explain(variable).replaceAll('|', '\\|')} |`;
}

/** What a variable is, with its bounds. */
export function explain({ description, limits }: Variable): string {
  return limits === '' ? description : `${description} (${limits})`;
}

function code(value: string | undefined): string {
  return value === undefined ? '' : `\`${value}\``;
}
