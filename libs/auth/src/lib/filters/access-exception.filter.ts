import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

import { DecisionLog } from '../audit/decision-log.js';
import { RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';
import { AccessException, type AccessProblem } from '../guards/access.exception.js';
import { refusalHeaders } from './refusal-headers.js';

/**
 * Answers refusals: challenge of RFC 6750 and RFC 9449, RFC 9457 problem, `DPoP-Nonce` where a proof
 * lacks one, `Retry-After` for 503; never cached. Where the options explain in the response, the
 * problem holds an `explanation`: the decision in full.
 * @publicApi
 */
@Catch(AccessException)
export class AccessExceptionFilter implements ExceptionFilter<AccessException> {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(SERVICE_NAME) private readonly realm: string,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'dpop' | 'explain' | 'resources'>,
    @Inject(DecisionLog) private readonly log: Pick<DecisionLog, 'find'>,
  ) {}

  catch(exception: AccessException, context: ArgumentsHost): void {
    const { error, audience = '' } = exception;
    const { dpop, resources } = this.options;
    const adapter = this.host.httpAdapter;
    const response: unknown = context.switchToHttp().getResponse();
    const headers = refusalHeaders(error, {
      realm: this.realm,
      acceptsDpop: isDpopOn(dpop),
      metadata: resources?.byName.get(audience)?.url,
    });
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    adapter.reply(response, this.bodyOf(exception), error.status);
  }

  private bodyOf(exception: AccessException): object {
    const problem = exception.getResponse() as AccessProblem;
    if (this.options.explain !== 'in-response') return problem;
    return { ...problem, explanation: this.log.find(exception.decision) };
  }
}
