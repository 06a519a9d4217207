import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'node:https';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

import { answerClientError } from './client-error.js';
import { failureOf } from './failure-of.js';
import { problemShape } from './problem.js';
import { refuseBodyCodings } from './refuse-body-codings.js';
import { sendFailure } from './send-failure.js';
import { withoutPrefix } from './without-prefix.js';

/** Bounds of what a request may cost before anybody has said who sends it. @internal */
export const limits = {
  bodyBytes: 64 * 1024,
  /** Milliseconds until the header fields are here. */
  headersTimeout: 10_000,
  /** Milliseconds until the whole request is here. */
  requestTimeout: 30_000,
  /** Milliseconds an idle connection is kept. */
  keepAliveTimeout: 60_000,
  /** Milliseconds between two looks for connections that are too slow. */
  checkingInterval: 5_000,
  /** Characters of one parameter of a path. */
  paramLength: 512,
} as const;

/**
 * The Fastify adapter of every app: bounded, and answering under the path of its public URL as well
 * as without it. Forwarded headers are believed of `trustedProxies` alone, and only for the address
 * of the sender: nothing else of them is asked for. With `tls` it speaks https only.
 * @internal
 */
export function createAdapter(
  publicUrl: string,
  trustedProxies: readonly string[] = [],
  tls?: ServerOptions,
): FastifyAdapter {
  const strip = withoutPrefix(publicUrl);
  const server = {
    headersTimeout: limits.headersTimeout,
    connectionsCheckingInterval: limits.checkingInterval,
  };
  const adapter = new FastifyAdapter({
    ...(strip && { rewriteUrl: ({ url }: IncomingMessage) => strip(url ?? '') }),
    ...(tls
      ? { https: { ...tls, ...server, handshakeTimeout: limits.headersTimeout } }
      : { http: server }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    routerOptions: {
      ignoreTrailingSlash: true,
      // The same route and so the same decision: authorization comes after routing.
      ignoreDuplicateSlashes: true,
      maxParamLength: limits.paramLength,
    },
    clientErrorHandler: answerClientError,
    // What the router refuses before any hook or filter: an address it cannot decode.
    frameworkErrors: (error: unknown, _request: unknown, reply: FastifyReply) =>
      sendFailure(reply, problemShape, failureOf(error)),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // What comes while the app closes is answered: it was sent before anybody could know.
    return503OnClosing: false,
  });
  const instance = adapter.getInstance();
  // Past a thousand fields Node drops the rest unseen: a second Authorization, a coding. Their size is bounded.
  instance.server.maxHeadersCount = 0;
  instance.addHook('onRequest', (_request, reply, done) => {
    void reply.header('x-content-type-options', 'nosniff');
    done();
  });
  instance.addHook('onRequest', refuseBodyCodings);
  // Fastify reads text/plain of its own accord, past our parsers and without keeping the bytes.
  instance.removeAllContentTypeParsers();
  return adapter;
}
