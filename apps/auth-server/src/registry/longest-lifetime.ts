/**
 * Seconds that a token of any service may live at most: the registry accepts no longer one, keys stay
 * published for as long, and no revocation has to be remembered for longer.
 */
export const longestLifetime = 86_400;
