/** Provider token of the issuer's URL. */
export const ISSUER = Symbol('auth-server:issuer');

/** Provider token of the seconds an access token lives. */
export const LIFETIME = Symbol('auth-server:lifetime');

/** Provider token of the clock. */
export const CLOCK = Symbol('auth-server:clock');

/** Provider token of the store of assertions that were used. */
export const REPLAY = Symbol('auth-server:replay');
