import { checkOption } from '@countersign/token';

/** What a call sends. @internal */
export interface CallContent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** What the client itself says, or what would let a caller say who it is. */
const reserved: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'jwt',
  'token',
  'dpop',
  'cookie',
  'host',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'traceparent',
  'tracestate',
]);

const name = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const value = /^[\x20-\x7e\t]*$/;

/**
 * Header fields and content of a call. Bytes go as they are and need a `content-type`; anything else
 * is written as JSON.
 *
 * @throws TypeError for a header that belongs to the client, such as a credential, for one that breaks
 * the grammar, for bytes without a type, and for what JSON cannot say.
 * @internal
 */
export function callContent(
  content: unknown,
  given: Readonly<Record<string, string>> = {},
): CallContent {
  const headers = checkedHeaders(given);
  if (content === undefined) return { headers, body: undefined };
  if (content instanceof Uint8Array) {
    checkOption('content-type' in headers, 'headers', 'name the content-type of bytes');
    return { headers, body: content };
  }
  const text = JSON.stringify(content) as string | undefined;
  if (text === undefined) throw new TypeError('body must be bytes or something JSON can say');
  return { headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(text) };
}

function checkedHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const [field, text] of Object.entries(given)) {
    const lower = field.toLowerCase();
    checkOption(name.test(lower) && !reserved.has(lower), 'headers', `not hold ${lower}`);
    checkOption(typeof text === 'string' && value.test(text), `headers.${lower}`, 'be plain text');
    headers[lower] = text;
  }
  return headers;
}
