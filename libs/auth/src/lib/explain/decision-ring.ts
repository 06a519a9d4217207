import type { DecisionRecord } from '@countersign/token';

/** What a ring may hold. @publicApi */
export interface RingBounds {
  /** Most decisions: 1,000 unless told, at least 2 and at most 100,000. */
  readonly max?: number;
  /** Most bytes of them as JSON: 4 MiB unless told, at least 64 KiB and at most 256 MiB. */
  readonly maxBytes?: number;
}

/** How full a ring is. @publicApi */
export interface RingStatus {
  readonly count: number;
  readonly bytes: number;
  /** Decisions that made room for later ones. */
  readonly dropped: number;
  /** Since when all of them are there, RFC 3339. */
  readonly since: string;
}

/** The latest decisions as JSON, within a count and a number of bytes; the oldest goes first. @internal */
export class DecisionRing {
  readonly #records = new Map<string, string>();
  #bytes = 0;
  #dropped = 0;
  #since: string;

  constructor(
    private readonly bounds: Required<RingBounds>,
    now: string,
  ) {
    this.#since = now;
  }

  /** Keeps a decision; one that alone is larger than the ring is dropped. */
  add(record: DecisionRecord): void {
    const json = JSON.stringify(record);
    this.#records.set(record.decision, json);
    this.#bytes += Buffer.byteLength(json);
    const { max, maxBytes } = this.bounds;
    for (const [id, oldest] of this.#records) {
      if (this.#records.size <= max && this.#bytes <= maxBytes) break;
      this.#records.delete(id);
      this.#bytes -= Buffer.byteLength(oldest);
      this.#dropped += 1;
      this.#since = (JSON.parse(oldest) as DecisionRecord).at;
    }
  }

  find(decision: string): DecisionRecord | undefined {
    const json = this.#records.get(decision);
    return json === undefined ? undefined : (JSON.parse(json) as DecisionRecord);
  }

  /** At most so many, the latest first. */
  latest(most: number): readonly DecisionRecord[] {
    return [...this.#records.values()]
      .slice(-most)
      .reverse()
      .map((json) => JSON.parse(json) as DecisionRecord);
  }

  get status(): RingStatus {
    return {
      count: this.#records.size,
      bytes: this.#bytes,
      dropped: this.#dropped,
      since: this.#since,
    };
  }
}
