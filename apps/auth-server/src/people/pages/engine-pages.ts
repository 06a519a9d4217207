import type { ErrorPage, LogoutPage, NamedClient, Page, PeoplePages } from '../people-pages.js';
import { pageHeaders } from './page-headers.js';
import type { Renderer } from './render.js';

/** The pages that the login engine shows by itself, in our layout. */
export class RenderedPages implements PeoplePages {
  constructor(private readonly renderer: Renderer) {}

  error({ error, description }: ErrorPage): Page {
    const title = 'This does not work';
    const paragraphs = [
      'The application that sent you here asked for something it may not have, or too late.',
      'Go back to it and start again; if that does not help, tell whoever runs it what is below.',
    ];
    const code = description === '' ? error : `${error} (${description})`;
    return this.page('message', { title, paragraphs, code });
  }

  logout({ action, xsrf, client, formTargets }: LogoutPage): Page {
    const values = { title: 'Log out?', action, xsrf, client: client?.name };
    return this.page('logout', values, formTargets);
  }

  loggedOut({ client }: { readonly client: NamedClient | undefined }): Page {
    const paragraphs = [
      client === undefined
        ? 'You are logged out in this browser.'
        : `You are logged out in this browser, also of ${client.name}.`,
      'You may close this window.',
    ];
    return this.page('message', { title: 'Logged out', paragraphs, isGood: true });
  }

  private page<Name extends 'message' | 'logout'>(
    name: Name,
    values: Parameters<Renderer['render']>[1],
    formTargets: readonly string[] = [],
  ): Page {
    const html = this.renderer.render(name, values as never);
    return { html, headers: pageHeaders(formTargets) };
  }
}
