/** What becomes of a refusal on its way out of a gRPC handler. Must not know calls or their rules. */
import { status } from '@grpc/grpc-js';
import { catchError, isObservable, of, throwError, type Observable } from 'rxjs';

import { MessageRefusedException } from '../guards/message-refused.exception.js';
import { grpcStatusOf } from './grpc-status.js';

/** A handler as Nest makes it: what it throws comes as an error of what it answers. */
export type GrpcHandler = (...call: readonly unknown[]) => unknown;

/** Answers refusals as a status of gRPC; everything else as it is. @internal */
export function answering(handler: GrpcHandler): GrpcHandler {
  return (...call) => recover(handler(...call), (error) => throwError(() => statusOf(error)));
}

/**
 * The same for a handler that answers by the call itself. Of those Nest lets an error go to nobody,
 * which would end the process.
 * @internal
 */
export function answeringCalls(handler: GrpcHandler): GrpcHandler {
  return (...args) =>
    recover(handler(...args), (error) => {
      const [call, callback] = args as [Answerable, Callback | undefined];
      const answer = (callback ?? ((reason) => call.emit('error', reason))) satisfies Callback;
      answer(Object(error) === error ? statusOf(error) : unknown);
      return of(undefined);
    });
}

interface Answerable {
  emit(event: 'error', error: unknown): void;
}

type Callback = (error: unknown) => void;

const unknown = { code: status.UNKNOWN, details: 'Internal server error' };

async function recover(
  result: unknown,
  recovery: (error: unknown) => Observable<unknown>,
): Promise<unknown> {
  const answer = await result;
  return isObservable(answer) ? answer.pipe(catchError(recovery)) : answer;
}

function statusOf(error: unknown): unknown {
  return error instanceof MessageRefusedException ? grpcStatusOf(error) : error;
}
