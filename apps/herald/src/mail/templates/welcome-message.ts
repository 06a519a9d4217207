import { page } from './page.js';

/** The mail that welcomes a new user. Values: `name`. */
export const welcomeMessage = {
  subject: 'Welcome',
  text: `Hello {{name}},

welcome. Your account is ready to use.

You receive this message because somebody of your team asked us to greet you.
There is nothing you have to do.
`,
  html: page('Welcome', [
    'Hello {{name}},',
    'welcome. Your account is ready to use.',
    'You receive this message because somebody of your team asked us to greet you.<br />There is nothing you have to do.',
  ]),
};
