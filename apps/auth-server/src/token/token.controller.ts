import { Controller, Inject, Post } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { DirectRoute } from '@countersign/runtime';

import type { RawRequest } from './client-authentication/client-request.js';
import { TokenEndpoint, type TokenResponse } from './token-endpoint.js';
import { tokenHeaders } from './token-error.shape.js';

/** What is used of a request and of a reply of the framework. */
interface FormRequest extends RawRequest {
  readonly body: unknown;
}
interface Reply {
  headers(headers: Readonly<Record<string, string>>): unknown;
}

/** Where tokens are asked for. */
@Controller('oauth2')
export class TokenController {
  constructor(@Inject(TokenEndpoint) private readonly endpoint: TokenEndpoint) {}

  /** Authenticates the client, lets its grant decide, signs. Refusals are answered by a filter. */
  @Post('token')
  @Public({ reason: 'clients authenticate with their own credentials here' })
  @DirectRoute()
  async token(request: FormRequest, reply: Reply): Promise<TokenResponse> {
    const answer = await this.endpoint.answer(request, request.body);
    reply.headers(tokenHeaders);
    // RFC 9449 section 8.2: the next proof, at any endpoint of ours, is made with a nonce that lasts.
    const nonce = answer.token_type === 'DPoP' ? this.endpoint.nonce : undefined;
    if (nonce !== undefined) reply.headers({ 'dpop-nonce': nonce });
    return answer;
  }
}
