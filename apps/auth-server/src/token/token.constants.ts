/** Provider token of the issuer's URL. */
export const ISSUER = Symbol('auth-server:issuer');

/** Provider token of what is asked of the certificates of clients. */
export const CLIENT_CERTIFICATES = Symbol('auth-server:client-certificates');

/** Provider token of the store of assertions that were used. */
export const REPLAY = Symbol('auth-server:replay');
