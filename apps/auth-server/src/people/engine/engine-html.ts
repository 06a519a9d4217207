import { createHash } from 'node:crypto';

import type { EngineAnswer } from './engine-exchange.js';

/** What every answer to a browser has: addresses here hold codes and states. */
const always = {
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/**
 * An answer with the headers of a page. A page of the engine itself may run the one script that it
 * holds, which sends its form on, and nothing else.
 */
export function withPageHeaders(answer: EngineAnswer): EngineAnswer {
  const { headers, body } = answer;
  const isPage = String(headers['content-type'] ?? '').startsWith('text/html');
  const hasPolicy = headers['content-security-policy'] !== undefined;
  const policy = isPage && !hasPolicy ? { 'content-security-policy': policyOf(body) } : {};
  return { ...answer, headers: { 'cache-control': 'no-store', ...headers, ...always, ...policy } };
}

function policyOf(body: Buffer): string {
  const script = /<script>([^<]*)<\/script>/.exec(body.toString())?.[1];
  const scripts =
    script === undefined
      ? ''
      : `; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  return `default-src 'none'; base-uri 'none'; frame-ancestors 'none'${scripts}`;
}
