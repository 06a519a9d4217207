import { page } from './page.js';

/** The mail that says goodbye to a user who is leaving. Values: `name`. */
export const farewellMessage = {
  subject: 'Goodbye',
  text: `Hello {{name}},

your account will be closed soon. Thank you for the time with us.

You receive this message because somebody of your team asked us to say goodbye.
There is nothing you have to do.
`,
  html: page('Goodbye', [
    'Hello {{name}},',
    'your account will be closed soon. Thank you for the time with us.',
    'You receive this message because somebody of your team asked us to say goodbye.<br />There is nothing you have to do.',
  ]),
};
