/** Provider token of the `RateLimit` of the revocation feed, by network. */
export const FEED_LIMIT = Symbol('auth-server:feed-limit');
