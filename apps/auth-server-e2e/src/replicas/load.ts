import { setTimeout as pause } from 'node:timers/promises';

/** What came of one request under load. */
export interface Outcome {
  readonly url: string;
  /** 0 when there was no answer. */
  readonly status: number;
  /** Milliseconds, monotonic, when it was sent. */
  readonly at: number;
  /** What was answered instead of 200, or why nothing was. */
  readonly detail: string;
}

/** Requests that go on until they are stopped. */
export interface Load {
  readonly outcomes: readonly Outcome[];
  readonly stop: () => Promise<readonly Outcome[]>;
}

/** How much is asked. */
export interface LoadOptions {
  /** Where the next request goes. */
  readonly pick: () => string;
  readonly ask: (url: string) => Promise<{ readonly status: number; readonly text: string }>;
  /** How many ask at the same time; 4 unless given. */
  readonly workers?: number;
  /** Milliseconds that each waits between two requests; 0 unless given. */
  readonly every?: number;
}

/** Lets several ask, one request after the other each. */
export function startLoad({ pick, ask, workers = 4, every = 0 }: LoadOptions): Load {
  const outcomes: Outcome[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const outcome = await attempt(pick(), ask);
      outcomes.push(outcome);
      // A port that refuses answers at once: nobody needs that a thousand times.
      await pause(outcome.status === 0 ? Math.max(every, 20) : every);
    }
  };
  const working = Array.from({ length: workers }, work);
  return {
    outcomes,
    stop: async () => {
      isOver = true;
      await Promise.all(working);
      return outcomes;
    },
  };
}

async function attempt(url: string, ask: LoadOptions['ask']): Promise<Outcome> {
  const at = performance.now();
  try {
    const { status, text } = await ask(url);
    return { url, status, at, detail: status === 200 ? '' : text };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { url, status: 0, at, detail: `${code ?? ''} ${message}` };
  }
}

/** How often each status came. */
export function countStatuses(outcomes: readonly Outcome[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
