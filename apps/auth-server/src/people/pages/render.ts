import Handlebars from 'handlebars';

import { styles } from './styles.js';
import { bodies, partials, type Pages } from './templates.js';

const engine = Handlebars.create();
for (const [name, source] of Object.entries(partials)) engine.registerPartial(name, source);

const layout = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{#if errors}}Error: {{/if}}{{title}} – {{server}}</title>
<style>{{{styles}}}</style>
</head>
<body>
<main id="main">
{{> body}}
</main>
<footer>You are at <strong>{{server}}</strong></footer>
</body>
</html>
`;

// Every value that a template names must be given, and every one is escaped: `{{{styles}}}` is ours.
const compiled = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => {
    const source = layout.replace('{{> body}}', () => body.trim());
    return [name, engine.compile(source, { knownHelpersOnly: true, preventIndent: true })];
  }),
) as Readonly<Record<keyof Pages, HandlebarsTemplateDelegate>>;

/** Writes pages. Values are text in them, never markup. */
export class Renderer {
  /** @param server How people know this server: its host. */
  constructor(private readonly server: string) {}

  /** One page with these values. */
  render<Name extends keyof Pages>(name: Name, values: Pages[Name]): string {
    return compiled[name]({ ...values, styles, server: this.server });
  }
}
