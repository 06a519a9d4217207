import { page } from './page.js';

/** The mail that tells a user that their details in Census were changed. Values: `name`. */
export const detailsChanged = {
  subject: 'Your details were changed',
  text: `Hello {{name}},

your details were changed: your name, your address or your team.

If this was not you, and nobody of your team told you about it, please tell an administrator.
`,
  html: page('Your details were changed', [
    'Hello {{name}},',
    'your details were changed: your name, your address or your team.',
    'If this was not you, and nobody of your team told you about it, please tell an administrator.',
  ]),
};
