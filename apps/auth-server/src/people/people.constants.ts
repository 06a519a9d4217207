/** Provider token of the `SigningKeys` of people's tokens. */
export const PEOPLE_KEYS = Symbol('auth-server:people-keys');
/** Provider token of the `KeyRing` that keeps them. */
export const PEOPLE_RING = Symbol('auth-server:people-ring');
/** Provider token of what administrators may do with them, `KeyCommands`. */
export const PEOPLE_KEY_COMMANDS = Symbol('auth-server:people-key-commands');
/** Provider token of the `RateLimit` of logins that one network begins. */
export const LOGIN_LIMIT = Symbol('auth-server:login-limit');
