import { request } from 'undici';

/** Sends requests to those who say that they are ready, as a load balancer does. */
export interface Balancer {
  /** The next one that was ready when it was asked last. */
  readonly pick: () => string;
  readonly isReady: (url: string) => boolean;
  readonly stop: () => void;
}

/** Asks every target every 50 ms. */
export async function startBalancer(targets: readonly string[]): Promise<Balancer> {
  const ready = new Set<string>();
  let turn = 0;
  const look = async (url: string): Promise<void> => {
    try {
      const { statusCode, body } = await request(`${url}/health/ready`);
      await body.dump();
      if (statusCode === 200) ready.add(url);
      else ready.delete(url);
    } catch {
      ready.delete(url);
    }
  };
  await Promise.all(targets.map(look));
  const timer = setInterval(() => void Promise.all(targets.map(look)), 50);
  return {
    pick: () => {
      const candidates = targets.filter((url) => ready.has(url));
      return candidates[turn++ % Math.max(candidates.length, 1)] ?? '';
    },
    isReady: (url) => ready.has(url),
    stop: () => clearInterval(timer),
  };
}
