import { AccessError, type AccessErrorCode, type RefusalDetail } from './errors.js';
import type { Json } from './types.js';

const longest = 256;

/**
 * Throws an AccessError; what the caller sent is cut to a length that a log can bear.
 * @internal
 */
export function refuse(code: AccessErrorCode, detail: RefusalDetail): never {
  const { got, ...rest } = detail;
  throw new AccessError(code, {
    detail: got === undefined ? rest : { ...rest, got: cut(got) },
  });
}

function cut(got: Json): Json {
  return typeof got === 'string' && got.length > longest ? `${got.slice(0, longest)}...` : got;
}
