/** What Census's answer means for the request at hand. */
export type CensusRefusal = 'forbidden' | 'missing' | 'unavailable';

/**
 * Census did not give the user: it refused the subject, knows no such user, or nobody could tell
 * (down, slow, confused, or our own credential is bad). `message` is for the log and holds no
 * token and nothing Census wrote.
 */
export class CensusError extends Error {
  override readonly name = 'CensusError';

  constructor(
    readonly refusal: CensusRefusal,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
