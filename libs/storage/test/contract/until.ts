import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds; fails when it does not within ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true');
    await delay(10);
  }
}
