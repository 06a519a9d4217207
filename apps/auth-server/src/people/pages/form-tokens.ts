import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { SharedSecrets } from '@countersign/runtime';

/** 32 bytes in base64url. */
const form = /^[A-Za-z0-9_-]{43}$/;

/**
 * Tokens of forms: each is made from a secret cookie of the browser and the address that its form is
 * posted to, so that no other site, and no other browser's page, can post one. Also before anybody is
 * logged in: nobody is logged in as somebody else by a form they never saw.
 */
export class FormTokens {
  readonly #keys: readonly Buffer[];

  constructor(secrets: Pick<SharedSecrets, 'derive'>) {
    this.#keys = secrets.derive('forms for people');
  }

  /** The cookie a browser has, if it is one of ours in form, or a new one. */
  cookieOf(found: string | undefined): string {
    return found !== undefined && form.test(found) ? found : randomBytes(32).toString('base64url');
  }

  /** The token of a form that is posted to this path. */
  make(cookie: string, path: string): string {
    return tokenOf(this.#keys[0], cookie, path);
  }

  /** Whether a posted form has the token of its browser and path; compared in constant time. */
  isRight(cookie: string | undefined, path: string, token: string | undefined): boolean {
    if (cookie === undefined || token === undefined) return false;
    if (!form.test(cookie) || !form.test(token)) return false;
    return this.#keys.some((key) =>
      timingSafeEqual(Buffer.from(tokenOf(key, cookie, path)), Buffer.from(token)),
    );
  }
}

function tokenOf(key: Buffer | undefined, cookie: string, path: string): string {
  if (!key) throw new TypeError('there is always a key');
  return createHmac('sha256', key)
    .update(JSON.stringify([cookie, path]))
    .digest('base64url');
}
