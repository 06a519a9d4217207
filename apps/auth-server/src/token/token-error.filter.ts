import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';

import { TokenError } from './token-error.js';
import { tokenHeaders } from './token-error.shape.js';

interface Reply {
  code(status: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
  send(body: object): unknown;
}

/** Answers refusals of the token endpoint by RFC 6749 section 5.2, and logs the private reason. */
@Catch(TokenError)
export class TokenErrorFilter implements ExceptionFilter<TokenError> {
  private readonly logger = new Logger('Token');

  catch(error: TokenError, host: ArgumentsHost): void {
    this.logger.warn({
      event: 'token.refused',
      error: error.code,
      reason: error.message,
      client: error.client,
    });
    const reply = host.switchToHttp().getResponse<Reply>();
    reply
      .code(error.status)
      .headers({
        ...tokenHeaders,
        ...(error.challenge ? { 'www-authenticate': 'Basic realm="auth-server"' } : {}),
        ...(error.nonce === undefined ? {} : { 'dpop-nonce': error.nonce }),
        ...(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }),
      })
      .send({ error: error.code, error_description: error.description });
  }
}
