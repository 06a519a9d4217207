/** The mail that welcomes a new user. Values: `name`. */
export const welcomeMessage = {
  subject: 'Welcome',
  text: `Hello {{name}},

welcome. Your account is ready to use.

You receive this message because somebody of your team asked us to greet you.
There is nothing you have to do.
`,
  html: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Welcome</title>
  </head>
  <body style="font-family: sans-serif; line-height: 1.5">
    <p>Hello {{name}},</p>
    <p>welcome. Your account is ready to use.</p>
    <p>
      You receive this message because somebody of your team asked us to greet you.<br />
      There is nothing you have to do.
    </p>
  </body>
</html>
`,
};
