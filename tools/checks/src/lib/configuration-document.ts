import type { Configuration, Variable } from './configurations.js';

const HEADING = `# Configuration

Generated from the schemas that parse the environment (\`npx nx run checks:write-docs\`). An app that
finds something wrong starts not at all: it prints everything that is wrong at once and ends with exit
code 78. \`.env.example\` shows the same variables in the form of a file.`;

/** The text of `docs/configuration.md`: what all apps share first, then each app's own. */
export function configurationDocument(configurations: readonly Configuration[]): string {
  const [first, ...others] = configurations;
  const names = (first?.variables ?? []).map(({ name }) => name);
  const shared = new Set(
    names.filter((name) => others.every(({ variables }) => variables.some((v) => v.name === name))),
  );
  const sections = [
    section(
      'Every app',
      [...shared].map((name) => sharedRow(name, configurations)),
    ),
    ...configurations.map(({ app, variables }) =>
      section(
        app,
        variables.filter(({ name }) => !shared.has(name)).map((variable) => row(variable)),
      ),
    ),
  ];
  return `${[HEADING, ...sections].join('\n\n')}\n`;
}

function section(title: string, rows: readonly string[]): string {
  const head = ['| Variable | Default | What it is |', '| --- | --- | --- |'];
  return [`## ${title}`, '', ...head, ...rows].join('\n');
}

function sharedRow(name: string, configurations: readonly Configuration[]): string {
  const found = configurations.flatMap(({ app, variables }) =>
    variables.filter((variable) => variable.name === name).map((variable) => ({ app, variable })),
  );
  const defaults = new Set(found.map(({ variable }) => variable.byDefault));
  const [first] = found;
  if (!first) return '';
  if (defaults.size === 1) return row(first.variable);
  return row(
    first.variable,
    found.map(({ app, variable }) => `${app}: ${code(variable.byDefault)}`).join('<br>'),
  );
}

function row({ name, byDefault, description, limits }: Variable, shown?: string): string {
  const text = limits === '' ? description : `${description} (${limits})`;
  return `| \`${name}\` | ${shown ?? code(byDefault)} | ${text.replaceAll('|', '\\|')} |`;
}

function code(value: string | undefined): string {
  return value === undefined ? '' : `\`${value}\``;
}
