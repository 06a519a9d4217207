import type { Clock } from '@countersign/token';

interface Sample {
  readonly at: number;
  readonly counted: Promise<number>;
  added: number;
}

/** How a count is sampled. */
export interface SampledCountOptions {
  readonly clock: Clock;
  /** Counts anew. */
  readonly count: (key: string) => Promise<number>;
}

const SAMPLE_MS = 1_000;
const MAX_KEYS = 1_000;

/**
 * Counts too dear for every request: each is counted once a second, and in between grows by what
 * this process adds. Behind the truth by what other processes add in a second, and by no more.
 */
export class SampledCount {
  private readonly samples = new Map<string, Sample>();

  constructor(private readonly options: SampledCountOptions) {}

  /** The count now. Rejects as `count` does, and counts again next time. */
  async of(key: string): Promise<number> {
    const sample = this.fresh(key) ?? this.sample(key);
    try {
      return (await sample.counted) + sample.added;
    } catch (error) {
      if (this.samples.get(key) === sample) this.samples.delete(key);
      throw error;
    }
  }

  /** There is one more. */
  add(key: string): void {
    const sample = this.samples.get(key);
    if (sample) sample.added += 1;
  }

  private fresh(key: string): Sample | undefined {
    const sample = this.samples.get(key);
    return sample && this.options.clock.monotonic() - sample.at < SAMPLE_MS ? sample : undefined;
  }

  private sample(key: string): Sample {
    const { clock, count } = this.options;
    const sample = { at: clock.monotonic(), counted: count(key), added: 0 };
    this.samples.delete(key);
    const [oldest] = this.samples.keys();
    if (this.samples.size >= MAX_KEYS && oldest !== undefined) this.samples.delete(oldest);
    this.samples.set(key, sample);
    return sample;
  }
}
