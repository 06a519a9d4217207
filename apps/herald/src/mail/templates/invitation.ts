import { page } from './page.js';

/** The mail that invites a user to choose a password. Values: `name`, `link`. */
export const invitation = {
  subject: 'Choose your password',
  text: `Hello {{name}},

there is an account for you. Choose a password for it here:

{{link}}

This link is good for a few days, and once. If you expected no such account, you need do nothing.
`,
  html: page('Choose your password', [
    'Hello {{name}},',
    'there is an account for you. Choose a password for it here:',
    '<a href="{{link}}">{{link}}</a>',
    'This link is good for a few days, and once. If you expected no such account, you need do nothing.',
  ]),
};
