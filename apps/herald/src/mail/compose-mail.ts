import Handlebars from 'handlebars';

import { displayName } from './display-name.js';
import { detailsChanged } from './templates/details-changed.js';
import { farewellMessage } from './templates/farewell-message.js';
import { invitation } from './templates/invitation.js';
import { passwordReset } from './templates/password-reset.js';
import { welcomeMessage } from './templates/welcome-message.js';

/** What Herald tells somebody on behalf of a user. */
export const plainTypes = ['welcome-message', 'details-changed', 'farewell-message'] as const;

/** What carries a link of the authorization server, and is sent for nobody else. */
export const linkTypes = ['invitation', 'password-reset'] as const;

/** What Herald can tell somebody. */
export const notificationTypes = [...plainTypes, ...linkTypes] as const;

/** One of the things Herald can tell somebody. */
export type NotificationType = (typeof notificationTypes)[number];

/** One of those on behalf of a user. */
export type PlainType = (typeof plainTypes)[number];

/** One of those with a link. */
export type LinkType = (typeof linkTypes)[number];

/** Whether a mail of this type carries a link. */
export const carriesLink = (type: NotificationType): type is LinkType =>
  (linkTypes as readonly string[]).includes(type);

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
  invitation: compile(invitation),
  'password-reset': compile(passwordReset),
};

/** Stands for the link where a mail is only looked at. */
const exampleLink = 'https://auth.example/people/…';

/**
 * Writes the mail of one type to a person of this name. Name and link are text in it, never markup or
 * template: the name cleaned by `displayName`, both escaped in HTML.
 */
export function composeMail(
  type: NotificationType,
  name: string,
  link: string = exampleLink,
): MailContent {
  const values = { name: displayName(name) || 'there', link };
  const { subject, text, html } = templates[type];
  return { subject: subject(values), text: text(values), html: html(values) };
}
