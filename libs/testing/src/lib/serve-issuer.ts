import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { closeServer, listenOnLoopback } from './loopback-server.js';
import { feedPath } from './test-revocation-feed.js';
import type { TestRevocationFeed } from './test-revocation-feed.js';

/** An issuer that answers over HTTP. @publicApi */
export interface ServedIssuer {
  /** Without a final slash. */
  readonly url: string;
  readonly jwksUri: string;
  /** Requests so far, for whatever path. */
  hits(): number;
  close(): Promise<void>;
}

/** What is served besides keys and metadata. @publicApi */
export interface ServeOptions {
  /** A revocation feed, which the metadata then names. */
  readonly feed?: TestRevocationFeed;
}

/** What is served of an issuer. @internal */
export interface ServableIssuer {
  readonly issuer: string;
  jwks(): object;
}

const jwksPath = '/.well-known/jwks.json';
const metadataPath = '/.well-known/oauth-authorization-server';

/**
 * Serves key set (with ETag) and metadata (RFC 8414) of an issuer on a free port of 127.0.0.1.
 * @internal
 */
export async function serveIssuer(
  issuer: ServableIssuer,
  { feed }: ServeOptions = {},
): Promise<ServedIssuer> {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    if (feed && request.url?.startsWith(feedPath)) return feed.handle(request, response);
    if (request.url === jwksPath) return answer(request, response, issuer.jwks());
    if (!request.url?.startsWith(metadataPath)) return void response.writeHead(404).end();
    return answer(request, response, {
      issuer: issuer.issuer,
      jwks_uri: jwksUri,
      ...(feed && { revocation_feed_endpoint: url + feedPath }),
    });
  });
  const url = await listenOnLoopback(server);
  const jwksUri = url + jwksPath;
  return {
    url,
    jwksUri,
    hits: () => hits,
    close: () => closeServer(server),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, document: object): void {
  const body = JSON.stringify(document);
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const headers = { etag, 'cache-control': 'max-age=300', 'content-type': 'application/json' };
  const isKnown = request.headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : 200, headers).end(isKnown ? undefined : body);
}
