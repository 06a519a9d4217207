/**
 * What a request failed with, before it has a shape: RFC 9457 problems are the usual one.
 * Knows no framework.
 */
import { STATUS_CODES } from 'node:http';

/** One failed request, as far as the caller may know. @publicApi */
export interface Failure {
  readonly status: number;
  /** Public text; nothing the caller sent, nothing about our insides. */
  readonly detail?: string;
  /** Members beside the standard ones, such as a stable `code`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A shape other than RFC 9457 for the failures of some paths. @publicApi */
export interface ErrorShape {
  /** Whether this shape answers failures of this route; where none matched, of this path. */
  matches(route: string): boolean;
  answer(failure: Failure): {
    readonly status: number;
    readonly body: object;
    readonly headers: Readonly<Record<string, string>>;
  };
}

const details: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  404: 'There is nothing at this address',
  405: 'This address does not answer that method',
  408: 'The request took too long to arrive',
  413: 'The request body is too large',
  414: 'The address is too long',
  415: 'The media type, charset or content coding of the body is not supported',
  431: 'The header fields of the request are too large',
  500: 'The service failed',
  503: 'The service cannot answer at the moment',
};

/** The body of a failure by RFC 9457 section 3.1. @internal */
export function problemBody({ status, detail = details[status], members }: Failure): object {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
    ...members,
  };
}

/** RFC 9457 problems; the shape of every path that no other shape claims. @internal */
export const problemShape: ErrorShape = {
  matches: () => true,
  answer: (failure) => ({
    status: failure.status,
    body: problemBody(failure),
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  }),
};
