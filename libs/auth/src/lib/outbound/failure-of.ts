import { TokenAcquisitionError } from '@countersign/token';

import { BrokenAnswerError, QueueFullError } from './http-peer.js';
import type { CallName } from './service-answer.js';
import { ServiceCallError, type ServiceCallFailure } from './service-call-error.js';

/** What went wrong on the way; what is said of it already stays as it is. @internal */
export function failureOf(
  error: unknown,
  call: CallName,
  cancelling: AbortSignal | undefined,
): unknown {
  if (error instanceof ServiceCallError || error instanceof TokenAcquisitionError) return error;
  // A token source was asked for what it cannot do, or the caller for what cannot be sent.
  if (error instanceof TypeError) return error;
  const [reason, detail] = told(error, cancelling);
  // A parser's error quotes what the other side wrote.
  const cause = isParserError(error) ? undefined : error;
  return new ServiceCallError({ ...call, reason, detail, cause });
}

function told(
  error: unknown,
  cancelling: AbortSignal | undefined,
): readonly [ServiceCallFailure, string] {
  if (cancelling?.aborted === true) return ['cancelled', 'the call was given up'];
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  if (error instanceof QueueFullError) return ['overloaded', 'too many calls wait already'];
  if (error instanceof BrokenAnswerError) return ['invalid_answer', brokenBy(error.cause)];
  if (name === 'TimeoutError' || String(code).endsWith('_TIMEOUT'))
    return ['timeout', 'it did not answer in time'];
  if (isParserError(error)) return ['invalid_answer', 'it is not HTTP'];
  return ['unreachable', typeof code === 'string' ? code : 'the connection failed'];
}

function isParserError(error: unknown): boolean {
  return (error as Partial<Error> | undefined)?.name === 'HTTPParserError';
}

function brokenBy(cause: unknown): string {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? 'it is too large' : 'it broke off';
}
