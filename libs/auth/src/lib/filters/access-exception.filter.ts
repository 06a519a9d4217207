import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import { RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';
import { AccessException } from '../guards/access.exception.js';
import { challengeOf } from './challenge.js';

/**
 * Answers refusals: challenge of RFC 6750 and RFC 9449, RFC 9457 problem, `DPoP-Nonce` where a proof
 * lacks one, `Retry-After` for 503; never cached.
 * @publicApi
 */
@Catch(AccessException)
export class AccessExceptionFilter implements ExceptionFilter<AccessException> {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(SERVICE_NAME) private readonly realm: string,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'dpop'>,
  ) {}

  catch(exception: AccessException, context: ArgumentsHost): void {
    const { error } = exception;
    const adapter = this.host.httpAdapter;
    const response: unknown = context.switchToHttp().getResponse();
    const challenge = challengeOf(error, this.realm, isDpopOn(this.options.dpop));
    if (challenge) adapter.setHeader(response, 'WWW-Authenticate', challenge);
    if (error.nonce) adapter.setHeader(response, 'DPoP-Nonce', error.nonce);
    if (error.status === 503)
      adapter.setHeader(response, 'Retry-After', String(error.retryAfter ?? 1));
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    adapter.setHeader(response, 'Content-Type', 'application/problem+json');
    adapter.reply(response, exception.getResponse(), error.status);
  }
}
