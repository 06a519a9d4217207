import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyRequest, HookHandlerDoneFunction } from 'fastify';

const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/gi;

/**
 * Refuses (415) a body in a content coding, or in a charset other than UTF-8: what would be parsed
 * is not what was sent, and what was sent may be a bomb.
 * @internal
 */
export function refuseBodyCodings(
  request: FastifyRequest,
  _reply: unknown,
  done: HookHandlerDoneFunction,
): void {
  const coding = request.headers['content-encoding'];
  const isCoded = coding !== undefined && coding.trim().toLowerCase() !== 'identity';
  const type = request.headers['content-type'];
  const charsets = type ? [...type.matchAll(charset)].map((match) => match[1]?.toLowerCase()) : [];
  const isForeign = charsets.some((name) => name !== 'utf-8' && name !== 'utf8');
  if (isCoded || isForeign) done(new UnsupportedMediaTypeException());
  else done();
}
