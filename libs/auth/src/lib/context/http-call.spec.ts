import type { IncomingMessage } from 'node:http';

import { HttpCall } from './http-call.js';

/** A request of Express, or the one below a request of Fastify. */
const message = (headers: Record<string, string> = {}, more: object = {}): IncomingMessage =>
  ({
    method: 'PUT',
    url: '/x',
    httpVersionMajor: 1,
    headers,
    headersDistinct: {},
    ...more,
  }) as IncomingMessage;

const contentOf = (...request: Parameters<typeof message>) =>
  new HttpCall(message(...request)).content;

describe('HttpCall', () => {
  it.each([
    ['says nothing of content', {}],
    ['announces none', { 'content-length': '0' }],
  ])('reads no bytes of a request that %s', (_name, headers) => {
    expect(contentOf(headers)).toEqual(new Uint8Array());
  });

  it.each<[string, Record<string, string>, object]>([
    ['announced and not kept', { 'content-length': '1' }, {}],
    ['sent in chunks and not kept', { 'transfer-encoding': 'chunked' }, {}],
    ['announced with a length that is no number', { 'content-length': 'x' }, {}],
    ['framed by another version of HTTP', {}, { httpVersionMajor: 2 }],
    ['kept as text', { 'content-length': '1' }, { rawBody: 'a' }],
    ['parsed and not kept', { 'content-length': '2' }, { body: {} }],
  ])('does not know content that was %s', (_name, headers, more) => {
    expect(contentOf(headers, more)).toBeUndefined();
  });

  it('takes the bytes that were kept, whatever was announced', () => {
    const rawBody = Buffer.from('{}');
    expect(contentOf({ 'content-length': '2' }, { rawBody })).toBe(rawBody);
    expect(new HttpCall({ raw: message(), rawBody }).content).toBe(rawBody);
  });

  it('takes the target as it routes: whole on Express, after rewriting on Fastify', () => {
    const raw = message({}, { url: '/x?a=%20', originalUrl: '/census/x?a=%20' });
    expect(new HttpCall(raw).target).toBe('/census/x?a=%20');
    expect(new HttpCall({ raw }).target).toBe('/x?a=%20');
  });
});
