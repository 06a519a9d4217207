/**
 * A call over HTTP: reads the request once, the same on Fastify and Express.
 * Must not know tokens, rules or how a refusal is answered.
 */
import type { IncomingMessage } from 'node:http';

import type { HeaderFields, Principal } from '@countersign/token';

import { Call, type ServiceUrls } from './call.js';
import { credentialFields } from './credential-fields.js';
import { peerCertificate } from './peer-certificate.js';
import { setPrincipal } from './principal.js';

/** A request of Fastify, around the one of node. */
interface FastifyRequest {
  readonly raw?: IncomingMessage;
}

/** What both adapters, or the frameworks below them, write on a request. */
interface Annotations {
  /** What a body parser kept: bytes, if the application was created with `rawBody: true`. */
  readonly rawBody?: unknown;
  readonly params?: Readonly<Record<string, string>>;
  /** Express and Fastify's `rewriteUrl` change `url`, and keep here what was requested. */
  readonly originalUrl?: string;
}

const nothing = new Uint8Array();

/**
 * A request of either adapter. Neither `Host`, nor anything forwarded, nor the parsed body.
 * @internal
 */
export class HttpCall extends Call {
  readonly #message: IncomingMessage & Annotations;

  constructor(override readonly holder: (FastifyRequest | IncomingMessage) & Annotations) {
    super();
    this.#message = (holder as FastifyRequest).raw ?? (holder as IncomingMessage);
  }

  override get method(): string {
    return this.#message.method ?? '';
  }

  /**
   * Raw path and query as the router got them; on Fastify after `rewriteUrl`: an application behind a
   * path writes routes without it.
   */
  override get target(): string {
    const isExpress = this.holder === this.#message;
    return (isExpress ? this.#message.originalUrl : undefined) ?? this.#message.url ?? '/';
  }

  override get path(): string {
    const url = this.#message.originalUrl ?? this.#message.url ?? '/';
    // Routers end the path at a fragment too, which a request must not have and a careless one may.
    return url.replace(/[?#].*$/s, '');
  }

  override get params(): Readonly<Record<string, string>> {
    return this.holder.params ?? {};
  }

  override get headers(): HeaderFields {
    return this.#message.headersDistinct;
  }

  /**
   * From the raw header: Node hides the second `Authorization` elsewhere, and sorting all other fields
   * into lists would cost more than the rest.
   */
  override get credentials(): HeaderFields {
    const { rawHeaders } = this.#message;
    const fields: Record<string, string[]> = {};
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = (rawHeaders[at] as string).toLowerCase();
      if (credentialFields.has(name)) (fields[name] ??= []).push(rawHeaders[at + 1] as string);
    }
    return fields;
  }

  /** The content as it came, no bytes where none came. */
  override get content(): Uint8Array | undefined {
    const { rawBody } = this.holder;
    if (rawBody instanceof Uint8Array) return rawBody;
    return hasContent(this.#message) ? undefined : nothing;
  }

  override get proofs(): readonly string[] {
    return this.headers['dpop'] ?? [];
  }

  override get certificate(): Uint8Array | undefined {
    return peerCertificate(this.#message.socket);
  }

  override get data(): undefined {
    return undefined;
  }

  override baseUrl({ publicUrl }: ServiceUrls): string | undefined {
    return publicUrl;
  }

  override admit(principal: Principal | undefined): void {
    setPrincipal(this.holder, principal);
  }

  override useUp(use: () => Promise<void>): Promise<void> {
    return use();
  }
}

/** RFC 9112 section 6.3; later versions frame content without saying so in the header. */
function hasContent({ httpVersionMajor, headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = headers;
  return httpVersionMajor !== 1 || coding !== undefined || Number(length) !== 0;
}
