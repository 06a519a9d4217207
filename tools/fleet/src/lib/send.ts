import { request } from 'undici';

/** A request to a service of the fleet, as a foreign client would send it. @internal */
export interface Sending {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Sent as `Authorization: Basic` (RFC 6749 section 2.3.1). */
  readonly basic?: { readonly id: string; readonly secret: string };
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as application/json. */
  readonly json?: unknown;
  /** Sent as it is; `headers` say what it is. */
  readonly content?: string;
}

/** What came back. @internal */
export interface Answer {
  readonly status: number;
  /** One value per name; several are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The `Set-Cookie` lines. */
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The body's JSON object, or an empty one when it is something else. */
  readonly json: Readonly<Record<string, unknown>>;
}

const timeoutMs = 10_000;
const longestAnswer = 1024 * 1024;

function headersOf({ headers, token, basic, form, json }: Sending): Record<string, string> {
  const all: Record<string, string> = { ...headers };
  if (token !== undefined) all['authorization'] = `Bearer ${token}`;
  if (basic) all['authorization'] = `Basic ${basicCredentials(basic.id, basic.secret)}`;
  if (form) all['content-type'] = 'application/x-www-form-urlencoded';
  if (json !== undefined) all['content-type'] = 'application/json';
  return all;
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
const formEncoded = (value: string): string =>
  new URLSearchParams([['', value]]).toString().slice(1);
const basicCredentials = (id: string, secret: string): string =>
  Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64');

function bodyOf({ form, json, content }: Sending): string | null {
  if (content !== undefined) return content;
  if (form) return new URLSearchParams(form).toString();
  return json === undefined ? null : JSON.stringify(json);
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // Not JSON: the text says it all.
  }
  return {};
}

/**
 * Sends one request and reads the whole answer (at most 1 MiB, within 10 s); follows no redirect.
 * Any status is an answer; only a failing connection rejects.
 * @internal
 */
export async function send(url: string, sending: Sending = {}): Promise<Answer> {
  const response = await request(url, {
    method: sending.method ?? 'GET',
    headers: headersOf(sending),
    body: bodyOf(sending),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestAnswer) throw new Error(`${url} answers more than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      [value ?? ''].flat().join(', '),
    ]),
  );
  const setCookies = [response.headers['set-cookie'] ?? []].flat();
  return { status: response.statusCode, headers, setCookies, text, json: objectIn(text) };
}
