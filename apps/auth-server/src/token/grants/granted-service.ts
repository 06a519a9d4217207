import type { Client, Grant, Service } from '../../registry/registry.js';
import { TokenError } from '../token-error.js';
import type { GrantContext } from './grant-context.js';
import { requestedAudience } from './requested-audience.js';

/** What a client was granted at the service it asks for. */
export interface GrantedService {
  readonly service: Service;
  readonly grant: Grant;
}

/** Whether something that may expire still holds. */
export function isLive({ expiresAt }: { readonly expiresAt: number | undefined }, now: number) {
  return expiresAt === undefined || now < expiresAt;
}

/**
 * The grant for the audience a request names, or the only one its client has. Refuses with
 * `invalid_target` what is unknown, not granted, no longer granted, or not named among several.
 */
export function grantedService({ caller, form, registry, now }: GrantContext): GrantedService {
  const { client } = caller;
  const refused = (reason: string) =>
    new TokenError('invalid_target', { reason, client: client.id });
  const audience = requestedAudience(form, client.id);
  const grant = audience === undefined ? onlyGrant(client, now) : client.grants.get(audience);
  if (grant === undefined) {
    throw refused(
      audience === undefined
        ? 'not exactly one audience is granted, and none is named'
        : 'the audience is unknown or not granted',
    );
  }
  if (!isLive(grant, now)) throw refused('the grant for this audience has expired');
  const service = registry.service(grant.audience);
  if (service === undefined) throw refused('the service is gone');
  return { service, grant };
}

function onlyGrant({ grants }: Client, now: number): Grant | undefined {
  let only: Grant | undefined;
  for (const grant of grants.values()) {
    if (!isLive(grant, now)) continue;
    if (only !== undefined) return undefined;
    only = grant;
  }
  return only;
}
