import { HttpException } from '@nestjs/common';
import { isUnavailable } from '@countersign/storage';

import type { Failure } from './problem.js';

/**
 * What a caller may know of an exception. Texts of the framework are replaced by fixed ones: they
 * repeat the address, which may hold secrets, or name our parser.
 * @internal
 */
export function failureOf(exception: unknown): Failure {
  if (!(exception instanceof HttpException)) return { status: statusOf(exception) };
  const status = exception.getStatus();
  const response = exception.getResponse();
  if (isProblem(response)) {
    const { detail } = response;
    return {
      status,
      members: ownMembers(response),
      ...(typeof detail === 'string' ? { detail } : {}),
    };
  }
  return isOfFramework(exception) ? { status } : { status, ...ownWords(response) };
}

function statusOf(exception: unknown): number {
  // Nobody could decide or write: the same request may succeed in a moment.
  if (isUnavailable(exception)) return 503;
  const { name, statusCode } = (exception ?? {}) as { name?: unknown; statusCode?: unknown };
  const isClientError =
    name === 'FastifyError' && typeof statusCode === 'number' && statusCode >= 400;
  return isClientError ? statusCode : 500;
}

function isProblem(response: string | object): response is Record<string, unknown> {
  return typeof response === 'object' && 'title' in response && 'status' in response;
}

const standard = new Set(['type', 'title', 'status', 'detail']);

function ownMembers(problem: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(problem).filter(([name]) => !standard.has(name)));
}

function isOfFramework(exception: HttpException): boolean {
  return exception.cause !== undefined || exception.message.startsWith('Cannot ');
}

/** Nest's exceptions hold a text, or `{ message: text | texts }` from a validation. */
function ownWords(response: string | object): { detail?: string } {
  const message =
    typeof response === 'string' ? response : (response as { message?: unknown }).message;
  const texts = [message].flat().filter((text) => typeof text === 'string');
  return texts.length > 0 ? { detail: texts.join('; ') } : {};
}
