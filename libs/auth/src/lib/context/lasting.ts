/** A call that goes on after it was let in: a stream, a connection. @internal */
export interface Lasting {
  /** How often its token is looked at again, in milliseconds. */
  readonly recheckMs: number;
  /** Tells once when it is over. */
  onOver(tell: () => void): void;
  /** Ends it, with the answer of its transport to this refusal. */
  end(refusal: object): void;
}
