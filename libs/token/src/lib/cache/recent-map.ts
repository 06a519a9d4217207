/**
 * A map that forgets what was not asked for lately.
 *
 * Holds at most `max` entries in two halves: the newer one fills up, becomes the older one, and what
 * was the older one is forgotten. What is found in the older half moves to the newer; so the last
 * `max / 2` different keys asked for are always there, and a hit in the newer half changes nothing.
 * @internal
 */
export class RecentMap<Value> {
  readonly #half: number;
  #newer = new Map<string, Value>();
  #older = new Map<string, Value>();

  /** @param max At least 2. */
  constructor(max: number) {
    this.#half = Math.floor(max / 2);
  }

  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  get(key: string): Value | undefined {
    const known = this.#newer.get(key);
    if (known !== undefined) return known;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: Value): void {
    this.#older.delete(key);
    if (this.#newer.size >= this.#half && !this.#newer.has(key)) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }

  delete(key: string): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }
}
