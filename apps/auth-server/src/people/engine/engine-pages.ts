import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';

import type { Page, PeoplePages } from '../people-pages.js';
import type { EngineClients } from './engine-clients.js';

/** What went wrong, where no application can be told. */
export function errorPage(ctx: KoaContextWithOIDC, out: ErrorOut, pages: PeoplePages): void {
  const { error, error_description: description = '' } = out;
  show(ctx, pages.error({ status: ctx.status, error, description }));
}

/** Asks whether to log out. */
export function logoutPage(
  ctx: KoaContextWithOIDC,
  clients: EngineClients,
  pages: PeoplePages,
): void {
  const { client, session } = ctx.oidc;
  const { secret = '', postLogoutRedirectUri } = (session?.state ?? {}) as {
    readonly secret?: string;
    readonly postLogoutRedirectUri?: string;
  };
  const page = pages.logout({
    action: ctx.oidc.urlFor('end_session_confirm'),
    xsrf: secret,
    client: client && clients.named(client.clientId),
    formTargets: postLogoutRedirectUri === undefined ? [] : [new URL(postLogoutRedirectUri).origin],
  });
  show(ctx, page);
}

/** Says that somebody has logged out. */
export function loggedOutPage(
  ctx: KoaContextWithOIDC,
  clients: EngineClients,
  pages: PeoplePages,
): void {
  const { client } = ctx.oidc;
  show(ctx, pages.loggedOut({ client: client && clients.named(client.clientId) }));
}

function show(ctx: KoaContextWithOIDC, { html, headers = {} }: Page): void {
  ctx.type = 'html';
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
  ctx.body = html;
}
