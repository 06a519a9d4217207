import { documentReader } from './document-reader.js';
import type { ReaderOptions } from './document-reader.js';
import { KeySourceError } from './key-source.js';

const url = 'https://keys.example/jwks';

type AnswerOf = () => Response | Promise<Response>;

/** A `fetch` that answers from a list and remembers what it was asked. */
function stub(...answers: readonly AnswerOf[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  const ask = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: String(input), init });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    return (answer as AnswerOf)();
  };
  return { asked, fetch: ask as typeof fetch };
}

const answer = (headers: Record<string, string> = {}, body = '{"a":1}') => {
  return () => new Response(body, { headers });
};

const read = (answers: readonly AnswerOf[], options: ReaderOptions = {}) =>
  documentReader(url, { fetch: stub(...answers).fetch, ...options })();

const failure = (code: string): AnswerOf => {
  return () => {
    const cause = Object.assign(new Error('connection'), { code });
    throw new TypeError('fetch failed', { cause });
  };
};

describe('documentReader', () => {
  it('reads a JSON object', async () => {
    const { fetch, asked } = stub(answer());
    expect(await documentReader(url, { fetch })()).toEqual({ document: { a: 1 }, maxAge: 600 });
    expect(asked).toMatchObject([
      { url, init: { headers: { accept: 'application/json' }, redirect: 'manual' } },
    ]);
  });

  it.each([
    [{}, 600],
    [{ 'cache-control': 'no-store' }, 600],
    [{ 'cache-control': 'max-age=0' }, 30],
    [{ 'cache-control': 'public, max-age=120' }, 120],
    [{ 'cache-control': 'MAX-AGE=120, must-revalidate' }, 120],
    [{ 'cache-control': 's-maxage=50' }, 600],
    [{ 'cache-control': 'max-age=315360000' }, 600],
    [{ 'cache-control': `max-age=${'9'.repeat(400)}` }, 600],
    [{ 'cache-control': 'max-age=-5' }, 600],
    [{ 'cache-control': 'max-age=120', age: '50' }, 70],
    [{ 'cache-control': 'max-age=120', age: '500' }, 30],
    [{ 'cache-control': 'max-age=120', age: 'old' }, 120],
  ])('takes an answer with %j for fresh during %i seconds', async (headers, maxAge) => {
    expect(await read([answer(headers as Record<string, string>)])).toMatchObject({ maxAge });
  });

  it('takes the longest time from its options', async () => {
    expect(await read([answer()], { maxAge: '1h' })).toMatchObject({ maxAge: 3600 });
  });

  it('asks whether the document has changed, and keeps it if not', async () => {
    const { fetch, asked } = stub(
      answer({ etag: '"v1"' }),
      () => new Response(null, { status: 304 }),
    );
    const next = documentReader(url, { fetch });
    const { document } = await next();
    expect((await next()).document).toBe(document);
    expect((await next()).document).toBe(document);
    expect(
      asked.map(({ init }) => (init.headers as Record<string, string>)['if-none-match']),
    ).toEqual([undefined, '"v1"', '"v1"']);
  });

  it('forgets a tag that is not sent any more, or too long', async () => {
    const { fetch, asked } = stub(answer({ etag: '"v1"' }), answer({ etag: 'x'.repeat(257) }));
    const next = documentReader(url, { fetch });
    await next();
    await next();
    await next();
    expect(asked[2]?.init.headers).not.toHaveProperty('if-none-match');
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    [
      '304 to a first request',
      () => new Response(null, { status: 304 }),
      `${url} answered 304 to the first request`,
    ],
    ['another status', () => new Response('{}', { status: 404 }), `${url} answered 404`],
    ['another success', () => new Response('{}', { status: 201 }), `${url} answered 201`],
    ['nothing', () => new Response(null), `${url} answered no strict JSON object`],
    ['an array', answer({}, '[]'), `${url} answered no strict JSON object`],
    ['null', answer({}, 'null'), `${url} answered no strict JSON object`],
    ['text', answer({}, '"{}"'), `${url} answered no strict JSON object`],
    ['duplicate members', answer({}, '{"a":1,"a":2}'), `${url} answered no strict JSON object`],
    [
      'one byte too many',
      answer({}, '{}'.padEnd(256 * 1024 + 1)),
      `${url} answered more than 262144 bytes`,
    ],
    ['a connection that fails', failure('ECONNREFUSED'), `${url} could not be read: ECONNREFUSED`],
    [
      'a failure without code',
      () => {
        throw new TypeError('fetch failed', { cause: new Error('bad certificate') });
      },
      `${url} could not be read: bad certificate`,
    ],
    ['a failure without reason', () => Promise.reject(), `${url} could not be read: undefined`],
  ])('refuses %s', async (_, response, message) => {
    const reading = read([response]);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(KeySourceError);
  });

  it('accepts as many bytes as its bound allows', async () => {
    expect(await read([answer({}, '{}'.padEnd(256 * 1024))])).toMatchObject({ document: {} });
  });

  it('gives up in time on a fetch that ignores its signal', async () => {
    const never = () => new Promise<Response>(() => undefined);
    await expect(read([never], { timeout: '20ms' })).rejects.toThrow(
      `${url} did not answer within 20 ms`,
    );
  });

  it('aborts the request when time is over', async () => {
    const { fetch, asked } = stub(() => new Promise<Response>(() => undefined));
    await expect(documentReader(url, { fetch, timeout: '20ms' })()).rejects.toThrow(KeySourceError);
    expect(asked[0]?.init.signal?.aborted).toBe(true);
  });

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'makes a connection anew that was cut by %s, twice at most',
    async (code) => {
      const cut = failure(code);
      const { fetch, asked } = stub(cut, cut, answer());
      expect(await documentReader(url, { fetch })()).toMatchObject({ document: { a: 1 } });
      expect(asked).toHaveLength(3);
      const never = stub(cut);
      await expect(documentReader(url, never)()).rejects.toThrow(`could not be read: ${code}`);
      expect(never.asked).toHaveLength(3);
    },
  );

  it('makes no connection anew that never was, and none when time is over', async () => {
    const refused = stub(failure('ECONNREFUSED'));
    await expect(documentReader(url, refused)()).rejects.toThrow(KeySourceError);
    const cut = stub(failure('ECONNRESET'));
    const hurried = documentReader(url, { fetch: cut.fetch, timeout: '40ms' });
    await expect(hurried()).rejects.toThrow('could not be read: ECONNRESET');
    expect([refused.asked, cut.asked]).toEqual([[expect.anything()], [expect.anything()]]);
  });

  it('refuses bounds that are none, and names the option', () => {
    expect(() => documentReader(url, { timeout: 'soon' })).toThrow(/^keys\.timeout must be/);
    expect(() => documentReader(url, { maxAge: 'long' })).toThrow(/^keys\.maxAge must be/);
  });
});
