import { setTimeout as pause } from 'node:timers/promises';

/** Waits until the condition holds, and says in how many milliseconds; fails after `withinMs`. */
export async function until(
  what: string,
  withinMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(25);
  }
  return performance.now() - start;
}
