/** Where browsers and applications are answered, below the URL of this server. */
export const peoplePath = '/people';

/** Endpoints that applications authenticate at. */
export const peopleClientRoutes = [`${peoplePath}/token`, `${peoplePath}/token/revocation`];
