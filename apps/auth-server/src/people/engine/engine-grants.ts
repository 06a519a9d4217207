import type { Grant, KoaContextWithOIDC } from 'oidc-provider';

import type { EngineParts } from './engine-settings.js';
import { personScopes } from './engine-clients.js';

/**
 * What a person has granted to an application already. For an application whose consent is implied,
 * that is whatever it may ask for and does.
 */
export async function existingGrant(
  ctx: KoaContextWithOIDC,
  parts: EngineParts,
): Promise<Grant | undefined> {
  const { client, account, provider } = ctx.oidc;
  if (!client || !account) return undefined;
  const grant = await grantOf(ctx, client.clientId, account.accountId);
  if (parts.clients.find(client.clientId)?.login.consent !== 'implied') return grant;
  const { accountId } = account;
  const implied = grant ?? new provider.Grant({ accountId, clientId: client.clientId });
  addScopes(implied, [...ctx.oidc.requestParamScopes], parts);
  await implied.save();
  return implied;
}

/** The grant of this session; somebody else's of the same browser is never taken over. */
async function grantOf(
  { oidc: { session, provider, result } }: KoaContextWithOIDC,
  clientId: string,
  accountId: string,
): Promise<Grant | undefined> {
  const id = result?.consent?.grantId ?? session?.grantIdFor(clientId);
  const grant = id === undefined ? undefined : await provider.Grant.find(id);
  return grant?.accountId === accountId && grant.clientId === clientId ? grant : undefined;
}

/** Grants scopes that the client may ask for; whatever else is named is left out. */
export function addScopes(
  grant: Grant,
  scopes: readonly string[],
  { clients, exchange }: Pick<EngineParts, 'clients' | 'exchange'>,
): void {
  const allowed = clients.scopes(String(grant.clientId));
  const granted = scopes.filter((scope) => allowed.includes(scope));
  const aboutPerson = granted.filter((scope) => personScopes.some((one) => one === scope));
  if (aboutPerson.length > 0) grant.addOIDCScope(aboutPerson.join(' '));
  if (granted.length > 0) grant.addResourceScope(exchange, granted.join(' '));
}
