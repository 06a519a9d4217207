/**
 * The HTML of a mail around its paragraphs. Both are written by us, in Handlebars: no value of a
 * request passes here.
 */
export const page = (title: string, paragraphs: readonly string[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
  </head>
  <body style="font-family: sans-serif; line-height: 1.5">
${paragraphs.map((paragraph) => `    <p>${paragraph}</p>`).join('\n')}
  </body>
</html>
`;
