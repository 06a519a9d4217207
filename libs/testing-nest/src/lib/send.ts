import { request } from 'node:http';

/** One request, as it goes over the wire. @internal */
export interface Sent {
  readonly method: string;
  /** Exactly as it is sent: nothing is normalised. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
}

/** What came back. @publicApi */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The JSON value that the content is; undefined where it is none. */
  readonly body: unknown;
}

/** Milliseconds that an application gets for an answer. */
const patience = 30_000;

/** Sends one request to a server on this machine. @internal */
export function send(origin: string, { method, target, headers, content }: Sent): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const length = content.length > 0 ? { 'content-length': String(content.length) } : {};
  return new Promise((resolve, reject) => {
    const fields = { ...headers, ...length };
    const outgoing = request(
      { hostname, port, method, path: target, headers: fields, timeout: patience },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('error', reject);
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          const { statusCode: status = 0, headers: got } = response;
          resolve({ status, headers: got, text, body: jsonOf(text) });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${patience} ms`)));
    outgoing.on('error', reject).end(content);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The stable code of a refusal; undefined for other answers. @internal */
export function codeOf({ body }: Answer): string | undefined {
  const { code } = (body ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** An answer, for messages: never what was sent. @internal */
export function describeAnswer(answer: Answer): string {
  const { decision } = (answer.body ?? {}) as { readonly decision?: unknown };
  const id = typeof decision === 'string' ? `, decision ${decision}` : '';
  return `${answer.status} ${codeOf(answer) ?? ''}`.trim() + id;
}
