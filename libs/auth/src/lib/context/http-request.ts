/**
 * The first arrow on HTTP: reads the request once, the same on Fastify and Express.
 * Must not know tokens, rules or how a refusal is answered.
 */
import type { IncomingMessage } from 'node:http';

import type { ExecutionContext } from '@nestjs/common';
import type { BoundRequest, HeaderFields } from '@countersign/token';

/** What the guard reads of an HTTP request. @internal */
export interface HttpRequest {
  readonly method: string;
  /** Path without the query, which may hold what must not be logged. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

interface AdapterRequest {
  readonly raw?: IncomingMessage;
  /** What a body parser kept: bytes, if the application was created with `rawBody: true`. */
  readonly rawBody?: unknown;
  readonly params?: Readonly<Record<string, string>>;
}

/** Reads method, path and route parameters of a request of either adapter. @internal */
export function readHttpRequest(request: AdapterRequest | IncomingMessage): HttpRequest {
  const { raw, params } = request as AdapterRequest;
  const message = raw ?? (request as IncomingMessage & { originalUrl?: string });
  const url = (message as { originalUrl?: string }).originalUrl ?? message.url ?? '/';
  return {
    method: message.method ?? '',
    // Routers end the path at a fragment too, which a request must not have and a careless one may.
    path: url.replace(/[?#].*$/s, ''),
    params: params ?? {},
  };
}

/** The header fields in which a token may stand. */
const credentialFields: ReadonlySet<string> = new Set(['authorization', 'jwt', 'token']);

/**
 * Reads the header fields that may hold a token, with all their values: Node hides the second
 * `Authorization` elsewhere, and sorting all other fields into lists would cost more than the rest.
 * @internal
 */
export function readCredentials(request: AdapterRequest | IncomingMessage): HeaderFields {
  const { rawHeaders } = (request as AdapterRequest).raw ?? (request as IncomingMessage);
  const fields: Record<string, string[]> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (credentialFields.has(name)) (fields[name] ??= []).push(rawHeaders[at + 1] as string);
  }
  return fields;
}

const nothing = new Uint8Array();

/**
 * Reads what a token may be bound to: the request line as the router got it, and the content as it
 * came. Neither the parsed body, nor `Host`, nor anything forwarded.
 * @internal
 */
export function readBoundRequest(request: AdapterRequest | IncomingMessage): BoundRequest {
  const { raw, rawBody } = request as AdapterRequest;
  const message = raw ?? (request as IncomingMessage & { originalUrl?: string });
  // On Fastify the target after `rewriteUrl`: an application behind a path writes routes without it.
  const { originalUrl } = message as { originalUrl?: string };
  const target = (raw === undefined ? originalUrl : undefined) ?? message.url ?? '/';
  const none = hasContent(message) ? undefined : nothing;
  return {
    method: message.method ?? '',
    target,
    headers: message.headersDistinct,
    content: rawBody instanceof Uint8Array ? rawBody : none,
  };
}

/** RFC 9112 section 6.3; later versions frame content without saying so in the header. */
function hasContent({ httpVersionMajor, headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = headers;
  return httpVersionMajor !== 1 || coding !== undefined || Number(length) !== 0;
}

/** The adapter's own request object of an HTTP context. @internal */
export function httpRequestOf(context: ExecutionContext): AdapterRequest & object {
  return context.switchToHttp().getRequest<AdapterRequest & object>();
}
