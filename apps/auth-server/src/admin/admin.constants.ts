/** The issuer: admin tokens are for `<issuer>/admin`. */
export const ADMIN_ISSUER = Symbol('admin:issuer');

/** The module whose controllers make up the admin API. */
export const ADMIN_MODULE = Symbol('admin:module');

/** What time it is. */
export const ADMIN_CLOCK = Symbol('admin:clock');
