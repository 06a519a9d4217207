import type { Session } from '@countersign/storage';

import type { ClientDocument } from '../documents/documents.js';

/**
 * Whether some client may administer this server: it holds `admin:write`, and something to prove
 * itself with. While none may, the server can be claimed with the bootstrap credential.
 */
export async function hasAdministrator(session: Session, now: number): Promise<boolean> {
  const { rows } = await session.execute(administrator, [now]);
  return rows.length > 0;
}

/** Whether a client holds `admin:write`. */
export function mayAdminister({ grants }: Pick<ClientDocument, 'grants'>, now: number): boolean {
  return grants.some(
    ({ service, scopes, expires }) =>
      service === 'admin' &&
      scopes.includes('admin:write') &&
      (expires === undefined || Date.parse(expires) / 1000 > now),
  );
}

const administrator = `
  select 1 from grants join clients on clients.id = grants.client
  where grants.service = 'admin' and 'admin:write' = any(grants.scopes)
    and (grants.expires_at is null or grants.expires_at > to_timestamp($1))
    and (
      clients.jwks_uri is not null
      or clients.certificate is not null
      or exists (select 1 from client_keys where client = clients.id)
      or exists (select 1 from client_identities where client = clients.id)
      or exists (
        select 1 from client_secrets
        where client = clients.id and (expires_at is null or expires_at > to_timestamp($1))
      )
    )
  limit 1`;
