import type { ErrorShape } from '@countersign/runtime';

import { peopleClientRoutes } from '../people/people-routes.js';

/** Headers of every answer of the token endpoint (RFC 6749 sections 5.1 and 5.2). */
export const tokenHeaders = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
} as const;

/** Where clients authenticate: all of these speak the same errors (RFC 7662 section 2.3, RFC 7009). */
const routes: ReadonlySet<string> = new Set([
  '/oauth2/token',
  '/oauth2/introspect',
  '/oauth2/revoke',
  ...peopleClientRoutes,
]);

/**
 * Gives what the framework itself refuses at the token endpoint (405, 413, 415, a fault of ours)
 * the shape of RFC 6749: clients of this path parse nothing else.
 */
export const tokenErrorShape: ErrorShape = {
  matches: (route) => routes.has(route),
  answer: ({ status, members }) => ({
    status,
    headers: { ...tokenHeaders, 'content-type': 'application/json' },
    body: { error: codeOf(status), error_description: descriptionOf(status), ...members },
  }),
};

function codeOf(status: number): string {
  if (status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

function descriptionOf(status: number): string {
  switch (status) {
    case 405:
      return 'This endpoint answers POST only';
    case 413:
      return 'The request is too large';
    case 415:
      return 'The body must be application/x-www-form-urlencoded in UTF-8';
    case 503:
      return 'The server cannot answer at the moment';
    default:
      return status >= 500 ? 'The server failed' : 'The request breaks the rules of this endpoint';
  }
}
