/** How long {@link until} has patience. @publicApi */
export interface UntilOptions {
  /** Seconds; 20 unless told. */
  readonly seconds?: number;
  /** What has not happened, said when patience is over. */
  readonly otherwise?: string | (() => string);
}

const PAUSE_MS = 10;

/**
 * Waits until a condition holds, and asks it again and again. Rejects with an Error that says
 * `otherwise` when it does not within `seconds`: a test that fails, not one that hangs.
 *
 * @example
 * await until(async () => (await read(uri)).state === 'delivered', { otherwise: 'no mail left' });
 * @publicApi
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { seconds = 20, otherwise = 'what the test waits for does not happen' }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(typeof otherwise === 'string' ? otherwise : otherwise());
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
