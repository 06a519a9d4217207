/**
 * A revocation feed that said something it may not, or nothing; names it, quotes nothing.
 * @publicApi
 */
export class RevocationFeedError extends Error {
  override readonly name = 'RevocationFeedError';
}
