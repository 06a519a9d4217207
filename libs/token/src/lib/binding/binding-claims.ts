import { checkOption } from '../check-option.js';
import type { JsonObject } from '../types.js';
import { bodyDigest } from './body-digest.js';

/** What a token is bound to when it is made. @internal */
export interface BindingRequest {
  readonly body?: Uint8Array;
  readonly request?: { readonly method: string; readonly url: string | URL };
}

const none = new Uint8Array();

/**
 * The claims that bind a token: `bdy` for a body, `bdy`, `htm` and `htu` for a whole request, of no
 * content unless there is a body. The URL is written as `fetch` sends it.
 *
 * Throws a TypeError for content that is no bytes, a method that is not in upper case, a URL that
 * is not http(s) or holds what is never sent.
 * @internal
 */
export function bindingClaims({ body, request }: BindingRequest): JsonObject {
  if (body === undefined && request === undefined) return {};
  checkOption(body === undefined || body instanceof Uint8Array, 'body', 'be the bytes sent');
  const bdy = bodyDigest(body ?? none);
  if (request === undefined) return { bdy };
  const { method } = request;
  checkOption(/^[A-Z]+$/.test(method), 'request.method', 'be a method in upper case');
  return { bdy, htm: method, htu: asSent(request.url) };
}

function asSent(url: string | URL): string {
  checkOption(URL.canParse(String(url)), 'request.url', 'be an absolute URL');
  const { protocol, username, password, href } = new URL(url);
  checkOption(/^https?:$/.test(protocol), 'request.url', 'be http or https');
  checkOption(
    `${username}${password}` === '' && !href.includes('#'),
    'request.url',
    'have no user information and no fragment, which are not sent',
  );
  // A query that is only its question mark is sent as it is by some clients and not by others.
  checkOption(!href.endsWith('?'), 'request.url', 'have no empty query');
  return href;
}
