import { createHash } from 'node:crypto';

/** A document that is the same for everybody, serialised once. @publicApi */
export interface CachedDocument {
  readonly body: string;
  /** Strong validator (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

/** What this needs of a Fastify reply. @publicApi */
export interface DocumentReply {
  code(status: number): DocumentReply;
  header(name: string, value: string): DocumentReply;
}

/** How a document is sent. @publicApi */
export interface SendDocumentOptions {
  /** The request's `If-None-Match`. */
  readonly known: string | undefined;
  /** Seconds for which nobody needs to ask again. */
  readonly maxAge: number;
  readonly contentType: string;
}

/** Serialises a document and names this version of it. @publicApi */
export function cachedDocument(value: object): CachedDocument {
  const body = JSON.stringify(value);
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/**
 * Sets the headers of a public, cacheable document and returns its body, or nothing (304) for
 * whoever has it already. A Buffer, so that no framework appends a charset to its type.
 * @publicApi
 */
export function sendDocument(
  reply: DocumentReply,
  { body, etag }: CachedDocument,
  { known, maxAge, contentType }: SendDocumentOptions,
): Buffer | undefined {
  reply.header('cache-control', `public, max-age=${maxAge}`).header('etag', etag);
  if (isKnown(known, etag)) {
    reply.code(304);
    return undefined;
  }
  reply.header('content-type', contentType);
  return Buffer.from(body);
}

/** RFC 9110 section 13.1.2: `*`, or a list compared weakly. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((item) => {
    const value = item.trim();
    return value === '*' || value.replace(/^W\//, '') === etag;
  });
}
