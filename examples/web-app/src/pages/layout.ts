import Handlebars from 'handlebars';

/**
 * Pages are plain HTML from the server: no script, no style but /style.css. Everything in `{{ }}` is
 * escaped.
 */
const engine = Handlebars.create();
engine.registerPartial(
  'layout',
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{title}} · Note to self</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header class="bar">
<a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28">Note to self</a>
{{#if user}}<div class="who"><span>{{user.name}}</span>
<form id="logout" method="post" action="/logout"><input type="hidden" name="form_token" value="{{formToken}}">
<button class="quiet">Log out</button></form></div>{{/if}}
</header>
<main>
{{> @partial-block}}
</main>
<footer>An example of Countersign: the browser holds a session cookie, and no token.</footer>
</body>
</html>
`,
);

/** What every page says. */
export interface PageValues {
  readonly title: string;
  readonly user?: { readonly name: string } | undefined;
  readonly formToken?: string | undefined;
}

/** Makes a page of what stands inside the layout. */
export function page<Values extends PageValues>(inside: string): (values: Values) => string {
  const source = `{{#> layout}}\n${inside.trim()}\n{{/layout}}`;
  return engine.compile<Values>(source, { knownHelpersOnly: true });
}
