import type { AccessErrorCode } from '@countersign/token';

import { codeOf, describeAnswer, type Answer } from './send.js';

/** What a request of a test takes along. @publicApi */
export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes are sent as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** A request on its way: awaited, it is the answer. @publicApi */
export interface TestRequest extends PromiseLike<Answer> {
  /**
   * Rejects, saying what came instead, unless the answer has this status and, if given, this code.
   */
  expect(status: number, code?: AccessErrorCode): Promise<Answer>;
}

/** Sends requests as somebody. @publicApi */
export interface TestCaller {
  get(path: string, options?: RequestOptions): TestRequest;
  post(path: string, options?: RequestOptions): TestRequest;
  put(path: string, options?: RequestOptions): TestRequest;
  patch(path: string, options?: RequestOptions): TestRequest;
  delete(path: string, options?: RequestOptions): TestRequest;
}

/** Sends one request. @internal */
export type Sender = (method: string, path: string, options: RequestOptions) => Promise<Answer>;

/** @internal */
export function testCaller(sender: Sender): TestCaller {
  const by =
    (method: string) =>
    (path: string, options: RequestOptions = {}) =>
      testRequest(`${method} ${path}`, sender(method, path, options));
  return {
    get: by('GET'),
    post: by('POST'),
    put: by('PUT'),
    patch: by('PATCH'),
    delete: by('DELETE'),
  };
}

function testRequest(name: string, answered: Promise<Answer>): TestRequest {
  return {
    then: (onAnswer, onError) => answered.then(onAnswer, onError),
    expect: async (status, code) => {
      const answer = await answered;
      const isExpected = code === undefined || codeOf(answer) === code;
      if (answer.status === status && isExpected) return answer;
      const expected = `${status} ${code ?? ''}`.trim();
      throw new Error(`${name}: expected ${expected}, got ${describeAnswer(answer)}`);
    },
  };
}

/** The content that options mean, and its media type. @internal */
export function contentOf({ body }: RequestOptions): {
  readonly content: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (body === undefined) return { content: new Uint8Array(), headers: {} };
  if (body instanceof Uint8Array) return { content: body, headers: {} };
  const isText = typeof body === 'string';
  return {
    content: Buffer.from(isText ? body : JSON.stringify(body)),
    headers: isText ? {} : { 'content-type': 'application/json' },
  };
}
