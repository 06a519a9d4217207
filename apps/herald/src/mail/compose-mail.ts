import Handlebars from 'handlebars';

import { displayName } from './display-name.js';
import { detailsChanged } from './templates/details-changed.js';
import { farewellMessage } from './templates/farewell-message.js';
import { welcomeMessage } from './templates/welcome-message.js';

/** What Herald can tell somebody. */
export const notificationTypes = [
  'welcome-message',
  'details-changed',
  'farewell-message',
] as const;

/** One of the things Herald can tell somebody. */
export type NotificationType = (typeof notificationTypes)[number];

/** The sources of one mail, in Handlebars. */
export interface MailTemplate {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a mail says. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const strict = { strict: true, knownHelpersOnly: true } as const;

const compile = ({ subject, text, html }: MailTemplate) => ({
  subject: Handlebars.compile(subject, { ...strict, noEscape: true }),
  text: Handlebars.compile(text, { ...strict, noEscape: true }),
  html: Handlebars.compile(html, strict),
});

const templates: Readonly<Record<NotificationType, ReturnType<typeof compile>>> = {
  'welcome-message': compile(welcomeMessage),
  'details-changed': compile(detailsChanged),
  'farewell-message': compile(farewellMessage),
};

/**
 * Writes the mail of one type to a person of this name. The name is text in it, never markup or
 * template: cleaned by `displayName`, escaped in HTML.
 */
export function composeMail(type: NotificationType, name: string): MailContent {
  const values = { name: displayName(name) || 'there' };
  const { subject, text, html } = templates[type];
  return { subject: subject(values), text: text(values), html: html(values) };
}
