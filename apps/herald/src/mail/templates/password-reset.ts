import { page } from './page.js';

/** The mail by which a user sets a new password. Values: `name`, `link`. */
export const passwordReset = {
  subject: 'Choose a new password',
  text: `Hello {{name}},

somebody asked for a new password for your account. If it was you, choose one here:

{{link}}

This link is good for a short while, and once. If it was not you, you need do nothing: your password stays as it is.
`,
  html: page('Choose a new password', [
    'Hello {{name}},',
    'somebody asked for a new password for your account. If it was you, choose one here:',
    '<a href="{{link}}">{{link}}</a>',
    'This link is good for a short while, and once. If it was not you, you need do nothing: your password stays as it is.',
  ]),
};
