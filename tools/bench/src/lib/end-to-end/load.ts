import { Pool } from 'undici';

/** How fast answers came. */
export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What is sent: the n-th request. */
export interface LoadRequest {
  readonly token: string;
  readonly body: string;
}

/** Posts so many notifications, `clients` at a time; fails on any answer but 201. */
export async function postAll(
  origin: string,
  count: number,
  clients: number,
  requests: (n: number) => LoadRequest,
): Promise<LoadResult> {
  const pool = new Pool(origin, { connections: clients });
  const took: number[] = [];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < count) took.push(await post(pool, requests(sent++)));
  };
  const began = performance.now();
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    await pool.destroy();
  }
  const seconds = (performance.now() - began) / 1000;
  took.sort((one, other) => one - other);
  const at = (part: number): number => took[Math.ceil(took.length * part) - 1] ?? Number.NaN;
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99) };
}

async function post(pool: Pool, { token, body }: LoadRequest): Promise<number> {
  const began = performance.now();
  const answer = await pool.request({
    method: 'POST',
    path: '/notification/',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`Herald answered ${answer.statusCode}: ${text}`);
  return performance.now() - began;
}
