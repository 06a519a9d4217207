import { explain } from './configuration-document.js';
import type { Configuration, Variable } from './configurations.js';
import { sortConfigurations, type SharedVariable } from './shared-variables.js';

const WIDTH = 100;

const HEADING = `# Every variable that the apps read, with its default; generated from their schemas
# (npx nx run checks:write-docs). All defaults together let the apps run on this machine. Each app reads
# its own environment: copy what it needs into apps/<app>/.env for \`npx nx serve <app>\`.`;

/** The text of `.env.example`. */
export function envExample(configurations: readonly Configuration[]): string {
  const { shared, own } = sortConfigurations(configurations);
  const sections = [
    section('every app', shared.map(sharedEntry)),
    ...own.map(({ app, variables }) =>
      section(
        app,
        variables.map((variable) => entry(variable, [])),
      ),
    ),
  ];
  return `${[HEADING, ...sections].join('\n\n')}\n`;
}

function section(title: string, entries: readonly string[]): string {
  return [`# --- ${title} `.padEnd(WIDTH, '-'), ...entries].join('\n\n');
}

function sharedEntry({ variable, defaults }: SharedVariable): string {
  const isAlike = new Set(defaults.values()).size === 1;
  const each = [...defaults].map(([app, value]) => `${app} ${value ?? 'none'}`);
  return entry(variable, isAlike ? [] : [`By default: ${each.join(', ')}`]);
}

function entry(variable: Variable, more: readonly string[]): string {
  const comments = [explain(variable), ...more].flatMap(wrap).map((line) => `# ${line}`);
  return [...comments, assignment(variable)].join('\n');
}

function assignment({ name, byDefault }: Variable): string {
  if (byDefault === undefined) return `# ${name}=`;
  return `${name}=${/[\s<>"']/.test(byDefault) ? JSON.stringify(byDefault) : byDefault}`;
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH - 3) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
