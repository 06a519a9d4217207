/** Things that come in one by one, for whoever waits for one of them. @internal */
export class Arrivals<T> {
  readonly #waiting = new Set<(item: T) => void>();

  /** Tells all who wait. */
  announce(item: T): void {
    for (const look of this.#waiting) look(item);
  }

  /**
   * The next one that matches. Rejects with an Error of this text, made when the time is over, if
   * none comes within `withinMs`.
   */
  next(matches: (item: T) => boolean, withinMs: number, tooLate: () => string): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = (item: T): void => {
        if (!matches(item)) return;
        stop();
        resolve(item);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(tooLate()));
      }, withinMs);
      this.#waiting.add(look);
    });
  }
}
