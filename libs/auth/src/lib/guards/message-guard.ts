/**
 * What stands in the metadata of every controller with message handlers. Metadata belongs to the
 * class, and the class to the whole process: so nothing of one application may stand there, and each
 * message leads to the guard of the application whose server received it.
 */
import {
  Catch,
  type ArgumentsHost,
  type CanActivate,
  type ExecutionContext,
  type ExceptionFilter,
} from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

import { receivedMessageOf } from '../context/received-message.js';
import { MessageRefusedException } from './message-refused.exception.js';

/**
 * Guards messages where `APP_GUARD` does not: hybrid applications, unless they inherit it.
 * @internal
 */
export const messageGuard: CanActivate = Object.freeze({
  canActivate(context: ExecutionContext) {
    // Routes of the same controller have the guard of their application.
    if (context.getType() === 'http') return true;
    const received = receivedMessageOf(context);
    if (received?.guard === undefined)
      throw new TypeError('a message of a server that Countersign does not guard');
    const tell = (isLetIn: boolean) => {
      if (isLetIn) received.message.open?.();
      return isLetIn;
    };
    const decided = received.isAdmitted(context) || received.guard.canActivate(context);
    return decided instanceof Promise ? decided.then(tell) : tell(decided === true);
  },
});

@Catch(MessageRefusedException)
class MessageRefusedFilter implements ExceptionFilter<MessageRefusedException> {
  catch(exception: MessageRefusedException, host: ArgumentsHost): Observable<never> {
    // A server of gRPC makes a status of it, whose words are not those of Nest's own transports.
    const isGrpc = receivedMessageOf(host)?.message.method === 'GRPC';
    return throwError(() => (isGrpc ? exception : exception.refusal));
  }
}

/** Answers refused requests; of a refused event nobody hears. @internal */
export const messageRefusedFilter: ExceptionFilter = new MessageRefusedFilter();
