import { send, startTemporaryFleet, userUri, type Answer, type Fleet } from '@countersign/fleet';

/** May read users on behalf of any of them. */
export const teamClient = 'e2e-team';
/** May do something in Census, but not read users. */
export const counterClient = 'e2e-counter';

/** Seconds a token lives here: little, so that one can be seen to expire. */
export const lifetime = 1;

/** A fleet whose registry also knows the two clients of these tests. */
export function startCensus(): Promise<Fleet> {
  return startTemporaryFleet({
    environment: { 'auth-server': { ACCESS_TOKEN_LIFETIME: String(lifetime) } },
    seeds: (demo, urls) => ({
      ...demo,
      services: demo.services.map((service) =>
        service.name === 'census'
          ? { ...service, scopes: [...service.scopes, 'users:count'] }
          : service,
      ),
      clients: [
        ...demo.clients,
        {
          id: teamClient,
          grants: [
            { service: 'census', scopes: ['users:read'], subjects: [`${urls.census}user/`] },
          ],
        },
        { id: counterClient, grants: [{ service: 'census', scopes: ['users:count'] }] },
      ],
    }),
  });
}

/** Asks Census for a user. */
export const getUser = (fleet: Fleet, id: number, token?: string): Promise<Answer> =>
  send(userUri(fleet.urls, id), token === undefined ? {} : { token });
