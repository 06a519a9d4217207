import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, throwError, type Observable } from 'rxjs';

import { problemOf } from './problem-of.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/**
 * What all answers of the admin API have in common: nobody on the way keeps them (RFC 9111 section
 * 5.2.2.5), and what the registry or the audit log refused becomes a problem.
 */
@Injectable()
export class AdminInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    context.switchToHttp().getResponse<Reply>().header('cache-control', 'no-store');
    return next.handle().pipe(catchError((error: unknown) => throwError(() => problemOf(error))));
  }
}
