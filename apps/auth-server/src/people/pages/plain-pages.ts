import type { InteractionDetails } from '../interactions.js';
import type { Page, PeoplePages } from '../people-pages.js';

/** Pages without a style, and without a script. */
export const plainPages: PeoplePages = {
  error: ({ error, description }) =>
    page('It did not work', `<p>${text(description || error)}</p>`),
  logout: ({ action, xsrf, client, formTargets }) =>
    page(
      'Log out?',
      `<p>${text(client?.name ?? 'Somebody')} asks to log you out.</p>
      <form method="post" action="${text(action)}">
        <input type="hidden" name="xsrf" value="${text(xsrf)}">
        <button name="logout" value="yes">Log out</button> <button>Stay logged in</button>
      </form>`,
      formTargets,
    ),
  loggedOut: () => page('Logged out', '<p>You are logged out.</p>'),
};

/** Asks who somebody is. */
export function loginForm({ client, formTargets }: InteractionDetails, problem = ''): Page {
  return page(
    `Log in to ${client.name}`,
    `<p role="alert">${text(problem)}</p>
    <form method="post">
      <label>E-mail <input name="email" type="email" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button>Log in</button> <button name="refuse" value="yes" formnovalidate>Cancel</button>
    </form>`,
    formTargets,
  );
}

/** Asks what an application may do. */
export function consentForm({ client, scopes, formTargets }: InteractionDetails): Page {
  const items = scopes.map(
    ({ scope, services }) => `<li>${text([scope, ...services].join(' '))}</li>`,
  );
  return page(
    `${client.name} asks`,
    `<ul>${items.join('')}</ul>
    <form method="post">
      <button>Allow</button> <button name="refuse" value="yes">Refuse</button>
    </form>`,
    formTargets,
  );
}

function page(title: string, body: string, formTargets: readonly string[] = []): Page {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text(title)}</title>
<h1>${text(title)}</h1>${body}</html>`;
  const forms = ["'self'", ...formTargets].join(' ');
  const policy = `default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action ${forms}`;
  return { html, headers: { 'content-security-policy': policy, 'x-frame-options': 'DENY' } };
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(plain: string): string {
  return plain.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}
