import type { Session } from '@countersign/storage';

import type { ClientDocument } from '../documents/documents.js';

const service = 'admin';
const right = 'admin:write';

/**
 * Whether some client may administer this server: while none may, it can be claimed with the
 * bootstrap credential.
 */
export async function hasAdministrator(session: Session, now: number): Promise<boolean> {
  const { rows } = await session.execute(
    `select 1 from grants where service = $1 and $2 = any(scopes)
     and (expires_at is null or expires_at > to_timestamp($3)) limit 1`,
    [service, right, now],
  );
  return rows.length > 0;
}

/** Whether a client may administer this server. */
export function mayAdminister({ grants }: ClientDocument, now: number): boolean {
  return grants.some(
    (grant) =>
      grant.service === service &&
      grant.scopes.includes(right) &&
      (grant.expires === undefined || Date.parse(grant.expires) / 1000 > now),
  );
}
