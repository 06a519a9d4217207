import type { Json } from '../types.js';

/** A key set as its issuer publishes it; nothing in it is checked yet. @publicApi */
export interface KeySetDocument {
  /** The same array as before says that nothing has changed. */
  readonly keys: readonly Json[];
  /** Seconds it may be used without asking again. */
  readonly maxAge: number;
}

/** Where a key store asks for the key set of one issuer. @publicApi */
export interface KeySource {
  /** For logs and health reports. */
  readonly location: string;
  /** Rejects when the set cannot be read; settles in bounded time, whatever the other side does. */
  read(): Promise<KeySetDocument>;
}

/** A key source that answered nothing usable. @publicApi */
export class KeySourceError extends Error {
  override readonly name = 'KeySourceError';
  /** The HTTP status that was answered instead, if any was. */
  readonly status: number | undefined;

  constructor(message: string, { status, ...options }: ErrorOptions & { status?: number } = {}) {
    super(message, options);
    this.status = status;
  }
}
