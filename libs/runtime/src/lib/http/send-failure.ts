import type { FastifyReply } from 'fastify';

import type { ErrorShape, Failure } from './problem.js';

/** Answers a failure in its shape. @internal */
export function sendFailure(reply: FastifyReply, shape: ErrorShape, failure: Failure): void {
  const { status, body, headers } = shape.answer(failure);
  void reply
    .code(status)
    .headers({ 'x-content-type-options': 'nosniff', ...headers })
    // As bytes: Fastify would add a charset, which the media types of JSON do not have.
    .send(Buffer.from(JSON.stringify(body)));
}
