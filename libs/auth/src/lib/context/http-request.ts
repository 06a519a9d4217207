/**
 * The first arrow on HTTP: reads the request once, the same on Fastify and Express.
 * Must not know tokens, rules or how a refusal is answered.
 */
import type { IncomingMessage } from 'node:http';

import type { ExecutionContext } from '@nestjs/common';
import type { HeaderFields } from '@countersign/token';

/** What the guard reads of an HTTP request. @internal */
export interface HttpRequest {
  /** Every header with all its values: Node hides the second `Authorization` elsewhere. */
  readonly headers: HeaderFields;
  readonly method: string;
  /** Path without the query, which may hold what must not be logged. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

interface AdapterRequest {
  readonly raw?: IncomingMessage;
  readonly params?: Readonly<Record<string, string>>;
}

/** Reads method, path, route parameters and all header values of a request of either adapter. @internal */
export function readHttpRequest(request: AdapterRequest | IncomingMessage): HttpRequest {
  const { raw, params } = request as AdapterRequest;
  const message = raw ?? (request as IncomingMessage & { originalUrl?: string });
  const url = (message as { originalUrl?: string }).originalUrl ?? message.url ?? '/';
  return {
    headers: message.headersDistinct,
    method: message.method ?? '',
    // Routers end the path at a fragment too, which a request must not have and a careless one may.
    path: url.replace(/[?#].*$/s, ''),
    params: params ?? {},
  };
}

/** The adapter's own request object of an HTTP context. @internal */
export function httpRequestOf(context: ExecutionContext): AdapterRequest & object {
  return context.switchToHttp().getRequest<AdapterRequest & object>();
}
