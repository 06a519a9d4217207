/** A request to the engine and its answer, without a socket: it sees what we have read and checked. */
import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';

/** A request as the engine sees it. */
export interface EngineRequest {
  readonly method: string;
  /** Below the issuer, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** A form. */
  readonly body?: string | undefined;
}

/** What the engine answers. */
export interface EngineAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** What went wrong here, if the answer says no more than that. */
  readonly failure?: unknown;
}

/** Keeps what is written to it. */
export class CapturedResponse extends ServerResponse {
  private readonly chunks: Buffer[] = [];

  override write(chunk: unknown): boolean {
    this.keep(chunk);
    return true;
  }

  override end(chunk?: unknown): this {
    if (this.finished) return this;
    this.keep(chunk);
    this.finished = true;
    this.emit('finish');
    return this;
  }

  get answer(): EngineAnswer {
    const { statusCode: status } = this;
    return { status, headers: this.getHeaders(), body: Buffer.concat(this.chunks) };
  }

  private keep(chunk: unknown): void {
    if (typeof chunk === 'string') this.chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) this.chunks.push(Buffer.from(chunk));
  }
}

/** The pair that the engine works with; `base` is the path of the issuer. */
export function engineMessages(
  { method, path, headers, body }: EngineRequest,
  base: string,
): { readonly request: IncomingMessage; readonly response: CapturedResponse } {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = path;
  request.httpVersion = '1.1';
  Object.assign(request, { originalUrl: base + path });
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) request.headers[name] = value;
  }
  if (body !== undefined) {
    request.headers['content-type'] = 'application/x-www-form-urlencoded';
    request.headers['content-length'] = String(Buffer.byteLength(body));
    request.push(body);
  }
  request.push(null);
  return { request, response: new CapturedResponse(request) };
}
