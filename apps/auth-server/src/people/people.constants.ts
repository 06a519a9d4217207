/** Provider token of the `SigningKeys` of people's tokens. */
export const PEOPLE_KEYS = Symbol('auth-server:people-keys');
