/** What Census's answer means for the request at hand. */
export type CensusRefusal = 'forbidden' | 'missing' | 'unavailable';

/** What goes with a refusal of Census. */
export interface CensusErrorOptions extends ErrorOptions {
  /** Under which Census's own log explains the refusal. */
  readonly decision?: string | undefined;
}

/**
 * Census did not give the user: it refused the subject, knows no such user, or nobody could tell
 * (down, slow, confused, or our own credential is bad). `message` is for the log and holds no
 * token and nothing Census wrote; `decision` is the id of Census's own explanation, if it gave one.
 */
export class CensusError extends Error {
  override readonly name = 'CensusError';
  readonly decision: string | undefined;

  constructor(
    readonly refusal: CensusRefusal,
    message: string,
    options: CensusErrorOptions = {},
  ) {
    super(message, options);
    this.decision = options.decision;
  }
}
